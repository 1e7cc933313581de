"""A call of each name of the modules of graphs and linkers, with what it gives; the samples are G (:mod:`tests.faces.graph_samples`)."""

FG = {
    "FunctionGraph": ("str(theano.gof.fg.FunctionGraph([G.X, G.Y], [G.Z]))", "'[Add(Neg(x), y)]'"),
    "FunctionGraph.add_input": ("(lambda f: f.add_input(G.number('n')) or str(f.inputs))(G.graph())", "'[x, y, n]'"),
    "FunctionGraph.disown": ("(lambda f: f.disown() or (f.inputs, len(f.apply_nodes)))(G.graph())", "([], 0)"),
    "FunctionGraph.clients": ("(lambda f: [i for _, i in f.clients(f.inputs[1])])(G.graph())", "[1]"),
    "FunctionGraph.change_input": ("G.after(lambda f: f.change_input(f.outputs[0].owner, 0, f.inputs[1]))", "'Add(y, y)'"),
    "FunctionGraph.replace": ("G.after(lambda f: f.replace(f.outputs[0], f.inputs[0]))", "'x'"),
    "FunctionGraph.replace_all": ("G.after(lambda f: f.replace_all([(f.inputs[1], f.inputs[0])]))", "'Add(Neg.0, x)'"),
    "FunctionGraph.attach_feature": ("(lambda f, p: f.attach_feature(p) or f.features == [p])(G.graph(), G.Feature())", "True"),
    "FunctionGraph.remove_feature": ("(lambda p: (lambda f: f.remove_feature(p) or f.features)(G.graph(p)))(G.Feature())", "[]"),
    "FunctionGraph.execute_callbacks": ("G.graph(G.Refusing()).execute_callbacks('validate')", "None"),
    "FunctionGraph.collect_callbacks": ("list(G.graph(G.Refusing()).collect_callbacks('validate').values())", "[None]"),
    "FunctionGraph.toposort": ("str(G.graph().toposort())", "'[Neg(x), Add(Neg.0, y)]'"),
    "FunctionGraph.orderings": ("len(G.destroyed().orderings())", "1"),
    "FunctionGraph.check_integrity": ("G.graph().check_integrity()", "None"),
    "FunctionGraph.clone": ("str(G.graph().clone())", "'[Add(Neg(x), y)]'"),
    "FunctionGraph.clone_get_equiv": ("(lambda f: f.clone_get_equiv()[1][f.inputs[0]] is not f.inputs[0])(G.graph())", "True"),
    "InconsistencyError": ("issubclass(theano.gof.fg.InconsistencyError, Exception)", "True"),
    "MissingInputError": ("G.refused(G.FunctionGraph, [G.X], [G.Z]) == theano.gof.fg.MissingInputError.__name__", "True"),
    "NullType": ("theano.gof.fg.NullType('so').why_null", "'so'"),
}

GRAPH = {
    "Apply": ("str(theano.gof.graph.Apply(G.add, [G.X, G.Y], [G.number()]))", "'Add(x, y)'"),
    "Apply.run_params": ("repr(G.NODE.run_params())", "'NoParams'"),
    "Apply.params_type": ("G.NODE.params_type", "None"),
    "Apply.default_output": ("G.NODE.default_output() is G.A", "True"),
    "Apply.out": ("G.NODE.out is G.A", "True"),
    "Apply.clone": ("(G.NODE.clone() is not G.NODE, G.NODE.clone().inputs == [G.X])", "(True, True)"),
    "Apply.clone_with_new_inputs": ("str(G.NODE.clone_with_new_inputs([G.Y]))", "'Neg(y)'"),
    "Apply.get_parents": ("G.Z.owner.get_parents() == [G.A, G.Y]", "True"),
    "Apply.nin": ("G.Z.owner.nin", "2"),
    "Apply.nout": ("G.quotients()[0].owner.nout", "2"),
    "Constant": ("theano.gof.graph.Constant(G.number, 3).data", "3"),
    "Constant.equals": ("theano.gof.graph.Constant(G.number, 3).equals(theano.gof.graph.Constant(G.number, 3))", "True"),
    "Constant.signature": ("theano.gof.graph.Constant(G.number, 3).signature() == (G.number, 3)", "True"),
    "Constant.merge_signature": ("theano.gof.graph.Constant(G.number, 3).merge_signature() == (G.number, 3)", "True"),
    "Constant.clone": ("theano.gof.graph.Constant(G.number, 3).clone().data", "3"),
    "Constant.owner": ("theano.gof.graph.Constant(G.number, 3).owner", "None"),
    "Constant.value": ("theano.gof.graph.Constant(G.number, 3).value", "3"),
    "NoParams": ("G.NODE.run_params() is theano.gof.graph.NoParams", "True"),
    "Node": ("isinstance(G.NODE, theano.gof.graph.Node) and isinstance(G.X, theano.gof.graph.Node)", "True"),
    "Node.get_parents": ("G.refused(theano.gof.graph.Node().get_parents)", "'NotImplementedError'"),
    "Variable": ("str(theano.gof.graph.Variable(G.number, name='n'))", "'n'"),
    "Variable.__repr_test_value__": (
        "(lambda x: setattr(x.tag, 'test_value', 3) or x.__repr_test_value__())(theano.gof.graph.Variable(G.number))", "'3'",
    ),
    "Variable.clone": ("str(theano.gof.graph.Variable.clone(G.X))", "'x'"),
    **{f"Variable.__{sign}__": (f"theano.gof.graph.Variable.__{sign}__(G.X, G.Y)", "NotImplemented") for sign in ("lt", "le", "gt", "ge")},
    "Variable.get_parents": ("G.A.get_parents() == [G.NODE]", "True"),
    "Variable.eval": ("theano.gof.graph.Variable.eval(v * 2, {v: V})", "2 * V"),
    "Variable.append_construction_observer": (
        "(lambda seen: (theano.Variable.append_construction_observer(seen.append), G.number('n'), "
        "theano.Variable.remove_construction_observer(seen.append)) and str(seen))([])", "'[n]'",
    ),
    "Variable.remove_construction_observer": ("G.refused(theano.Variable.remove_construction_observer, print)", "'ValueError'"),
    "Variable.notify_construction_observers": ("theano.Variable.notify_construction_observers(G.X)", "None"),
    "ancestors": ("theano.gof.graph.ancestors([G.Z]) == [G.Z, G.A, G.X, G.Y]", "True"),
    "as_string": ("theano.gof.graph.as_string([G.X, G.Y], [G.Z])", "['Add(Neg(x), y)']"),
    "op_as_string": ("theano.gof.graph.op_as_string([G.X, G.Y], G.Z.owner)", "'Add(Neg(x), y)'"),
    "default_leaf_formatter": ("theano.gof.graph.default_leaf_formatter(G.X)", "'x'"),
    "default_node_formatter": ("theano.gof.graph.default_node_formatter(G.NODE, ['1'])", "'Neg(1)'"),
    "clone": ("str(theano.gof.graph.clone(i=[G.X, G.Y], o=[G.Z]))", "'([x, y], [Add.0])'"),
    "clone_get_equiv": ("str(theano.gof.graph.clone_get_equiv([G.X, G.Y], [G.Z])[G.NODE])", "'Neg(x)'"),
    "equal_computations": ("theano.gof.graph.equal_computations([G.Z], [G.add(G.neg(G.X), G.Y)])", "True"),
    "general_toposort": ("theano.gof.graph.general_toposort([1], {1: [2], 2: [3]}.get)", "[3, 2, 1]"),
    "inputs": ("theano.gof.graph.inputs([G.Z]) == [G.X, G.Y]", "True"),
    "io_connection_pattern": ("theano.gof.graph.io_connection_pattern([G.X, G.Y], [G.A, G.Z])", "[[True, True], [False, True]]"),
    "io_toposort": ("theano.gof.graph.io_toposort([G.X, G.Y], [G.Z]) == [G.NODE, G.Z.owner]", "True"),
    "is_in_ancestors": ("theano.gof.graph.is_in_ancestors(G.Z.owner, G.NODE)", "True"),
    "is_same_graph": ("theano.gof.graph.is_same_graph(G.Z, G.add(G.neg(G.X), G.Y))", "True"),
    "is_same_graph_with_merge": ("theano.gof.graph.is_same_graph_with_merge(G.A, G.neg(G.Y), {G.Y: G.X})", "True"),
    "list_of_nodes": ("set(theano.gof.graph.list_of_nodes([G.X, G.Y], [G.Z])) == {G.NODE, G.Z.owner}", "True"),
    "nodes_constructed": (
        "(lambda c: (lambda made: (G.neg(G.X), c.__exit__(None, None, None), len(made))[-1])(c.__enter__()))"
        "(theano.gof.graph.nodes_constructed())", "1",
    ),
    "ops": ("theano.gof.graph.ops([G.X, G.Y], [G.Z]) == [G.NODE, G.Z.owner]", "True"),
    "orphans": ("theano.gof.graph.orphans([G.X], [G.Z]) == [G.Y]", "True"),
    "stack_search": ("theano.gof.graph.stack_search([1], {1: [2, 3], 2: [3]}.get)", "[1, 2, 3]"),
    "variables": ("set(theano.gof.graph.variables([G.X, G.Y], [G.Z])) == {G.X, G.Y, G.A, G.Z}", "True"),
    "variables_and_orphans": ("[len(found) for found in theano.gof.graph.variables_and_orphans([G.X], [G.Z])]", "[4, 1]"),
    "view_roots": ("theano.gof.graph.view_roots(G.A) == [G.X]", "True"),
}  # fmt: skip

TB = "theano.gof.toolbox"
TOOLBOX = {
    "AlreadyThere": (f"G.refused({TB}.History().on_attach, G.graph({TB}.History())) == {TB}.AlreadyThere.__name__", "True"),
    "BadOptimization": (f"isinstance({TB}.BadOptimization(G.Z, G.A, 1, 2, 'why'), Exception)", "True"),
    "BadOptimization.str_diagnostic": (f"'why' in {TB}.BadOptimization(G.Z, G.A, 1, 2, reason='why').str_diagnostic()", "True"),
    "Bookkeeper": (f"isinstance({TB}.NodeFinder(), {TB}.Bookkeeper)", "True"),
    "Bookkeeper.on_attach": (f"{TB}.Bookkeeper().on_attach(G.graph())", "None"),
    "Bookkeeper.on_detach": (f"{TB}.Bookkeeper().on_detach(G.graph())", "None"),
    "Feature": (f"[type(f).__name__ for f in G.graph({TB}.Feature()).features]", "['Feature']"),
    "Feature.on_attach": (f"{TB}.Feature().on_attach(function_graph=G.graph())", "None"),
    "Feature.on_detach": (f"{TB}.Feature().on_detach(function_graph=G.graph())", "None"),
    "Feature.on_import": (f"{TB}.Feature().on_import(function_graph=G.graph(), node=G.NODE, reason='r')", "None"),
    "Feature.on_prune": (f"{TB}.Feature().on_prune(function_graph=G.graph(), node=G.NODE, reason='r')", "None"),
    "Feature.on_change_input": (f"{TB}.Feature().on_change_input(function_graph=G.graph(), node=G.NODE, i=0, r=G.X, new_r=G.Y)", "None"),
    "Feature.orderings": (f"{TB}.Feature().orderings(function_graph=G.graph())", "{}"),
    "GetCheckpoint": (f"G.heard({TB}.History(), lambda f, h: isinstance(f.checkpoint, {TB}.GetCheckpoint))", "True"),
    "GetCheckpoint.__call__": (f"G.heard({TB}.History(), lambda f, h: {TB}.GetCheckpoint(h, f).__call__())", "0"),
    "History": (f"G.after(lambda f: f.replace(f.outputs[0], f.inputs[0]) or f.revert(0), {TB}.History())", "'Add(Neg.0, y)'"),
    "History.on_attach": (f"(lambda f: {TB}.History().on_attach(f) or f.checkpoint())(G.graph())", "0"),
    "History.on_detach": (f"G.heard({TB}.History(), lambda f, h: h.on_detach(f) or hasattr(f, 'revert'))", "False"),
    "History.on_change_input": (
        f"G.heard({TB}.History(), lambda f, h: h.on_change_input(f, 'output', 0, f.inputs[0], f.inputs[1]) or f.checkpoint())", "1",
    ),
    "History.revert": (
        f"G.heard({TB}.History(), lambda f, h: f.replace(f.outputs[0], f.inputs[0]) or h.revert(f, 0) or str(f))", "'[Add(Neg(x), y)]'",
    ),
    "LambdExtract": (f"callable({TB}.LambdExtract(G.graph(), 'output', 0, G.X, 'r'))", "True"),
    "LambdExtract.__call__": (f"G.after(lambda f: {TB}.LambdExtract(f, 'output', 0, f.inputs[0]).__call__())", "'x'"),
    "NoOutputFromInplace": (f"G.destroyed().clone().features and {TB}.NoOutputFromInplace(0, 1).last_output_idx", "1"),
    "NoOutputFromInplace.validate": (f"G.refused({TB}.NoOutputFromInplace().validate, G.destroyed())", "'InconsistencyError'"),
    "NodeFinder": (f"len(G.graph({TB}.NodeFinder()).get_nodes(G.neg))", "1"),
    "NodeFinder.on_attach": (f"(lambda f: {TB}.NodeFinder().on_attach(f) or len(f.get_nodes(G.add)))(G.graph())", "1"),
    "NodeFinder.on_detach": (f"G.heard({TB}.NodeFinder(), lambda f, n: n.on_detach(f) or hasattr(f, 'get_nodes'))", "False"),
    "NodeFinder.on_import": (f"G.heard({TB}.NodeFinder(), lambda f, n: n.on_import(f, G.NODE, 'r') or len(n.query(f, G.neg)))", "2"),
    "NodeFinder.on_prune": (f"G.heard({TB}.NodeFinder(), lambda f, n: n.on_prune(f, f.toposort()[0], 'r') or n.query(f, G.neg))", "[]"),
    "NodeFinder.query": (f"G.heard({TB}.NodeFinder(), lambda f, n: n.query(f, G.neg) == f.toposort()[:1])", "True"),
    "PreserveNames": (f"G.after(lambda f: f.replace(f.inputs[0], theano.gof.Constant(G.number, 1)), {TB}.PreserveNames())",
    "'Add(Neg.0, y)'"),
    "PreserveNames.on_change_input": (
        f"(lambda n: {TB}.PreserveNames().on_change_input(None, None, 0, G.X, n) or n.name)(G.number())", "'x'",
    ),
    "PreserveVariableAttributes": (f"G.graph({TB}.PreserveVariableAttributes()).consistent()", "True"),
    "PreserveVariableAttributes.on_change_input": (
        f"(lambda n: {TB}.PreserveVariableAttributes().on_change_input(None, None, 0, G.X, n) or n.name)(G.number())", "'x'",
    ),
    "PrintListener": (f"G.printed(G.graph, {TB}.PrintListener(active=True)).splitlines()[1]", "'-- importing Neg(x) reason: init'"),
    "PrintListener.on_attach": (f"G.printed({TB}.PrintListener().on_attach, G.graph())", "'-- attaching to [Add(Neg(x), y)]'"),
    "PrintListener.on_detach": (f"G.printed({TB}.PrintListener().on_detach, G.graph())", "'-- detaching from [Add(Neg(x), y)]'"),
    "PrintListener.on_import": (f"G.printed({TB}.PrintListener().on_import, None, G.NODE, 'r')", "'-- importing Neg(x) reason: r'"),
    "PrintListener.on_prune": (f"G.printed({TB}.PrintListener().on_prune, None, G.NODE, 'r')", "'-- pruning Neg(x) reason: r'"),
    "PrintListener.on_change_input": (
        f"G.printed({TB}.PrintListener().on_change_input, None, G.NODE, 0, G.X, G.Y, 'r')",
        "'-- changing (Neg(x), 0) from x to y reason: r'",
    ),
    "ReplaceValidate": (
        f"[type(f).__name__ for f in G.graph({TB}.ReplaceValidate(), {TB}.ReplaceValidate()).features]", "['ReplaceValidate']",
    ),
    "ReplaceValidate.on_attach": (f"G.refused({TB}.ReplaceValidate().on_attach, G.graph({TB}.ReplaceValidate()))", "'AlreadyThere'"),
    "ReplaceValidate.on_detach": (
        f"G.heard({TB}.ReplaceValidate(), lambda f, r: r.on_detach(f) or 'replace_all_validate_remove' in vars(f))", "False",
    ),
    "ReplaceValidate.replace_validate": (
        f"G.after(lambda f: f.features[0].replace_validate(f, f.outputs[0], f.inputs[0], reason='r'), {TB}.ReplaceValidate())", "'x'",
    ),
    "ReplaceValidate.replace_all_validate": (
        f"G.after(lambda f: f.features[0].replace_all_validate(f, [(f.outputs[0], f.inputs[0])]), {TB}.ReplaceValidate())", "'x'",
    ),
    "ReplaceValidate.replace_all_validate_remove": (
        f"G.heard({TB}.ReplaceValidate(), lambda f, r: G.refused(r.replace_all_validate_remove, f, [(f.inputs[0], f.inputs[1])], "
        "f.toposort()[:1]))", "'ReplacementDidntRemovedError'",
    ),
    "ReplaceValidate.on_import": (f"{TB}.ReplaceValidate().on_import(G.graph(), G.NODE, 'r')", "None"),
    "ReplaceValidate.validate": (
        f"G.heard({TB}.ReplaceValidate(), lambda f, r: (lambda z: r.replace_all_validate_remove(f, [(z, f.inputs[0])], [z.owner]) or "
        "f.replace(f.outputs[0], z) or G.refused(r.validate, f))(f.outputs[0]))", "'InconsistencyError'",
    ),
    "ReplacementDidntRemovedError": (f"issubclass({TB}.ReplacementDidntRemovedError, theano.gof.InconsistencyError)", "True"),
    "Validator": (f"len(G.graph({TB}.Validator(), {TB}.Validator()).features)", "1"),
    "Validator.on_attach": (f"G.refused({TB}.Validator().on_attach, G.graph({TB}.Validator()))", "'AlreadyThere'"),
    "Validator.on_detach": (f"{TB}.Validator().on_detach(G.graph())", "None"),
    "Validator.validate_": (f"{TB}.Validator().validate_(G.graph())", "None"),
    "Validator.consistent_": (f"{TB}.Validator().consistent_(G.destroyed())", "True"),
}  # fmt: skip

L = "theano.gof.link"
LINK = {
    "Container": (f"{L}.Container(r=G.X, storage=[3]).value", "3"),
    "Container.data": (f"(lambda c: setattr(c, 'data', '4') or c.storage)({L}.Container(G.X, [3]))", "[4.0]"),
    "Container.value": (f"(lambda c: setattr(c, 'value', '4') or c.storage)({L}.Container(G.X, [3]))", "[4.0]"),
    "Container.__deepcopy__": (f"{L}.Container(G.X, [3]).__deepcopy__({{}}).value", "3"),
    "Linker": (f"isinstance({L}.PerformLinker(), {L}.Linker)", "True"),
    "Linker.clone": (f"{L}.PerformLinker(allow_gc=True).clone(allow_gc=False).allow_gc", "False"),
    "Linker.make_thunk": (f"G.refused({L}.Linker().make_thunk)", "'NotImplementedError'"),
    "Linker.make_function": ("G.linked().make_function(unpack_single=True)(3, 10)", "7"),
    "Linker.schedule": (f"str({L}.Linker().schedule(G.graph()))", "'[Neg(x), Add(Neg.0, y)]'"),
    "LocalLinker": (f"issubclass({L}.PerformLinker, {L}.LocalLinker)", "True"),
    "LocalLinker.make_thunk": ("(lambda t, i, o: t() or o[0].value)(*G.linked().make_thunk(input_storage=[[3], [10]]))", "7"),
    "LocalLinker.make_all": (f"G.refused({L}.LocalLinker().make_all)", "'NotImplementedError'"),
    "PerformLinker": (f"G.linked({L}.PerformLinker()).make_function()(3, 10)", "7"),
    "PerformLinker.accept": (f"{L}.PerformLinker().accept(G.graph(), no_recycling=[]).no_recycling", "()"),
    "PerformLinker.make_all": ("len(G.linked().make_all()[3])", "2"),
    "WrapLinker": (f"G.linked({L}.WrapLinker([{L}.PerformLinker()], lambda i, node, thunk: thunk())).make_function()(3, 10)", "7"),
    "WrapLinker.clone": (f"len({L}.WrapLinker([{L}.PerformLinker()], print).clone().linkers)", "1"),
    "WrapLinker.accept": (f"str({L}.WrapLinker([{L}.PerformLinker()], print).accept(G.graph()).fgraph)", "'[Add(Neg(x), y)]'"),
    "WrapLinker.pre": (f"{L}.WrapLinker([{L}.PerformLinker()], print).pre(None, [], [], [])", "None"),
    "WrapLinkerMany": (
        f"G.linked({L}.WrapLinkerMany([{L}.PerformLinker()], [lambda i, n, t: t(), lambda i, n, t: None])).make_function()(3, 10)", "7",
    ),
    "add_clear_storage": (
        f"(lambda f, c: {L}.add_clear_storage(f, [G.X], c) or f.clear_storage() or c[G.X])(lambda: None, {{G.X: [3]}})", "[None]",
    ),
    "gc_helper": (f"{L}.gc_helper([G.NODE, G.Z.owner]) == ({{G.A, G.Z}}, {{G.X: G.NODE, G.A: G.Z.owner, G.Y: G.Z.owner}})", "True"),
    "log_thunk_trace": (f"{L}.log_thunk_trace(ValueError())", "None"),
    "map_storage": (f"(lambda f: {L}.map_storage(f, f.toposort(), [[3], [4]], None)[0])(G.graph())", "[[3], [4]]"),
    "raise_with_op": (f"G.refused({L}.raise_with_op, G.NODE, None, (ValueError, ValueError('so'), None))", "'ValueError'"),
    "streamline": (
        f"(lambda f: (lambda order, thunks, cells: {L}.streamline(f, thunks, order)() or cells[f.outputs[0]])(*G.thunks(f)))(G.graph())",
        "[7]",
    ),
    "thunk_hook": (f"callable({L}.thunk_hook)", "True"),
}  # fmt: skip

M = "theano.gof.vm"
VM = {
    "VM": (f"issubclass({M}.Loop, {M}.VM)", "True"),
    "VM.__call__": (f"G.refused({M}.VM([], [], []).__call__)", "'NotImplementedError'"),
    "VM.clear_storage": (
        f"(lambda order, thunks, cells: {M}.Loop(order, thunks, []).clear_storage() or thunks[0].outputs)(*G.thunks(G.graph()))",
        "[[None]]",
    ),
    "VM.update_profile": (
        f"(lambda p: {M}.VM([G.NODE], [None], []).update_profile(p) or p.apply_callcount[G.NODE])"
        "(theano.gof.utils.D(apply_time={}, apply_callcount={}))", "0",
    ),
    "Loop": (f"G.machine({M}.Loop)", "7"),
    "Loop.__call__": (f"{M}.Loop([], [], []).__call__()", "None"),
    "LoopGC": (f"G.machine({M}.LoopGC, [[], []])", "7"),
    "LoopGC.__call__": (f"{M}.LoopGC([], [], [], []).__call__()", "None"),
    "Stack": (f"isinstance(G.linked({M}.VM_Linker(lazy=True)).make_thunk()[0], {M}.Stack)", "True"),
    "Stack.run_thunk_of_node": (
        f"(lambda vm, i, o, thunks, order: vm.run_thunk_of_node(order[0]) or thunks[0].outputs)"
        f"(*G.linked({M}.VM_Linker(lazy=True)).make_all(input_storage=[[3], [10]]))", "[[-3]]",
    ),
    "Stack.__call__": ("G.linked(theano.gof.vm.VM_Linker(lazy=True)).make_thunk([[3], [10]])[0].__call__()", "None"),
    "VM_Linker": (f"G.chosen({M}.VM_Linker(), 0, 10, 20)", "-20"),
    "VM_Linker.accept": (f"str({M}.VM_Linker().accept(G.graph()).fgraph)", "'[Add(Neg(x), y)]'"),
    "VM_Linker.accept_var_updates": (f"G.refused(G.linked({M}.VM_Linker()).accept_var_updates, {{G.X: G.Z}})", "'ValueError'"),
    "VM_Linker.compute_gc_dependencies": (
        f"(lambda linker: len(linker.compute_gc_dependencies(linker.fgraph.inputs)))(G.linked({M}.VM_Linker()))", "2",
    ),
    "VM_Linker.make_vm": (
        f"type((lambda linker: (lambda order, thunks, cells: linker.make_vm(order, thunks, [], [], cells, None, [], {{}}, {{}}))"
        f"(*G.thunks(linker.fgraph)))(G.linked({M}.VM_Linker()))).__name__", "'Loop'",
    ),
    "VM_Linker.make_all": (f"len(G.linked({M}.VM_Linker()).make_all()[4])", "2"),
}  # fmt: skip

DH = "theano.gof.destroyhandler"
DESTROYING = {
    "DestroyHandler": (
        f"isinstance(G.destroyed().destroy_handler, {DH}.DestroyHandler) and [n.op.name for n in G.destroyed().toposort()]", "['r', 'w']",
    ),
    "DestroyHandler.on_attach": (f"(lambda f: {DH}.DestroyHandler().on_attach(f) or f.destroyers(f.inputs[0]))(G.graph())", "[]"),
    "DestroyHandler.on_detach": ("(lambda f: f.destroy_handler.on_detach(f) or hasattr(f, 'destroyers'))(G.destroyed())", "False"),
    "DestroyHandler.on_import": (f"{DH}.DestroyHandler().on_import(G.graph(), G.NODE, 'r')", "None"),
    "DestroyHandler.on_prune": (
        "(lambda f: f.destroy_handler.on_prune(f, f.toposort()[1], 'r') or f.destroyers(f.inputs[0]))(G.destroyed())", "[]",
    ),
    "DestroyHandler.on_change_input": (f"{DH}.DestroyHandler().on_change_input(G.graph(), G.NODE, 0, G.X, G.Y, 'r')", "None"),
    "DestroyHandler.validate": ("(lambda f: f.destroy_handler.validate(f))(G.destroyed())", "None"),
    "DestroyHandler.orderings": ("(lambda f: len(f.destroy_handler.orderings(f, ordered=True)))(G.destroyed())", "1"),
    "ProtocolError": (f"issubclass({DH}.ProtocolError, Exception)", "True"),
    "fast_inplace_check": (f"(lambda f: {DH}.fast_inplace_check(f.inputs) == f.inputs)(G.graph())", "True"),
}  # fmt: skip

U = "theano.gof.utils"
UTILS = {
    **{name: (f"isinstance({U}.{name}, {U}.Keyword) and bool({U}.{name})", "False") for name in ("ABORT", "FAILURE", "RETRY")},
    "D": (f"{U}.D(a=3).a", "3"),
    "Keyword": (f"repr({U}.Keyword('K'))", "'<K>'"),
    "Keyword.__bool__": (f"{U}.Keyword('K', False).__bool__()", "False"),
    "Keyword.__nonzero__": (f"{U}.Keyword('K').__nonzero__()", "True"),
    "MethodNotDefined": (f"issubclass({U}.MethodNotDefined, Exception)", "True"),
    "add_tag_trace": (f"len({U}.add_tag_trace(G.number('n'), 1).tag.trace)", "1"),
    "deprecated": (f"quietly({U}.deprecated('old', 'new')(len), [1, 2])", "2"),
    "difference": (f"{U}.difference([1, 2, 3], [2])", "[1, 3]"),
    "flatten": (f"{U}.flatten([1, [2, (3,)]])", "[1, 2, 3]"),
    "from_return_values": (f"{U}.from_return_values(3)", "[3]"),
    "to_return_values": (f"{U}.to_return_values([3])", "3"),
    "get_variable_trace_string": (f"'Backtrace' in {U}.get_variable_trace_string(G.X)", "True"),
    "give_variables_names": (f"{U}.give_variables_names([G.number('n'), G.number()])", "['n', 'v_0']"),
    "hash_from_code": (f"len({U}.hash_from_code('x'))", "64"),
    "hash_from_file": (f"{U}.hash_from_file('/dev/null') == {U}.hash_from_code('')", "True"),
    "hashtype": (f"{U}.hashtype(1) == {U}.hashtype(2)", "True"),
    "hist": (f"{U}.hist('aab')", "{'a': 2, 'b': 1}"),
    "memoize": (f"{U}.memoize(abs)(-3)", "3"),
    "object2": (f"isinstance(theano.Op(), {U}.object2)", "True"),
    "remove": (f"{U}.remove(lambda n: n > 2, [1, 2, 3])", "[1, 2]"),
    "scratchpad": (f"{U}.scratchpad(a=3).a", "3"),
    "scratchpad.clear": (f"(lambda s: s.clear() or repr(s))({U}.scratchpad(a=3))", "'Scratch()'"),
    "scratchpad.__update__": (f"{U}.scratchpad().__update__({U}.scratchpad(a=3)).a", "3"),
    "scratchpad.info": (f"G.printed({U}.scratchpad(a=3).info).splitlines()[1]", "'  a: 3'"),
    "simple_extract_stack": (f"len({U}.simple_extract_stack(limit=2))", "2"),
    "simple_types": (f"isinstance(3, {U}.simple_types)", "True"),
    "toposort": (f"{U}.toposort({{1: [2], 2: []}})", "[2, 1]"),
    "undef": (f"theano.gof.PerformLinker(allow_gc=True).clone({U}.undef).allow_gc", "True"),
    "uniq": (f"{U}.uniq([2, 1, 2])", "[2, 1]"),
    "unique": (f"{U}.unique([2, 1, 2])", "False"),
}  # fmt: skip

REEXPORTS = {
    "destroyhandler": "DestroyHandler",
    "fg": "FunctionGraph InconsistencyError MissingInputError",
    "graph": "Apply Constant Variable view_roots",
    "link": "Container Linker LocalLinker PerformLinker WrapLinker WrapLinkerMany",
    "op": "COp Op OpenMPOp PureOp ops_with_inner_function",
    "opt": "CheckStackTraceOptimization EquilibriumOptimizer LocalOptGroup LocalOptimizer MergeOptimizer NavigatorOptimizer OpKeyOptimizer "
    "OpRemove OpSub Optimizer PatternSub SeqOptimizer TopoOptimizer inplace_optimizer local_optimizer optimizer",
    "optdb": "DB EquilibriumDB LocalGroupDB ProxyDB Query SequenceDB",
    "params_type": "Params ParamsType",
    "toolbox": "Bookkeeper Feature History NoOutputFromInplace NodeFinder PrintListener ReplaceValidate "
    "ReplacementDidntRemovedError Validator",
    "type": "CEnumType EnumList EnumType Generic Type generic",
    "utils": "MethodNotDefined hashtype object2",
}
GOF = {
    name: (f"theano.gof.{name} is not None and theano.gof.{name} is theano.gof.{module}.{name}", "True")
    for module, names in REEXPORTS.items()
    for name in names.split()
}

GRAPHS = {
    f"{module}.{name}": call
    for module, calls in (
        ("theano.gof", GOF), ("theano.gof.fg", FG), ("theano.gof.graph", GRAPH),
        (TB, TOOLBOX), (L, LINK), (M, VM), (DH, DESTROYING), (U, UTILS),
    )
    for name, call in calls.items()
}  # fmt: skip
