"""A call of each name of theano.gof.opt and theano.gof.optdb, with what it gives.  R are the helpers; R.o and R.d are the modules."""

import io
from importlib import import_module

import theano
import theano.tensor as T
from tests.rewrite.rewriting import ops_of

OPT, DATABASE = "theano.gof.opt", "theano.gof.optdb"
MODULES = {DATABASE}


class Helpers:
    """What the calls need; each graph, rule and database is new."""

    x = T.dscalar("x")
    o, d = import_module(OPT), import_module(DATABASE)

    @property
    def rule(self):
        """sin becomes cos."""

        @self.o.local_optimizer([T.sin])
        def rule(node):
            return [T.cos(node.inputs[0])]

        return rule

    def graph(self, output=None):
        return theano.graph.FunctionGraph([self.x], [T.sin(self.x) if output is None else output])

    @property
    def node(self):
        """The node of sin in a graph."""
        return self.graph().toposort()[0]

    def after(self, optimizer, output=None):
        """The ops of the graph of sin after an optimizer."""
        graph = self.graph(output)
        optimizer.optimize(graph)
        return ops_of(graph)

    def required(self, optimizer):
        """How many features there are after ``add_requirements``."""
        graph = self.graph()
        optimizer.add_requirements(graph)
        return len(graph.features)

    def printed(self, method, *args):
        """The first line that ``method(stream, ...)`` prints."""
        stream = io.StringIO()
        method(stream, *args)
        return stream.getvalue().strip().partition("\n")[0].strip()

    def report(self, **facts):
        return theano.rewrite.Report(**facts)

    def told(self, feature, method, *args):
        """What an attribute of a feature is after one call."""
        getattr(feature, method)(self.graph(), *args)
        return feature

    def attached(self, feature):
        """A graph with the feature."""
        graph = self.graph(T.sin(self.x) + T.sin(self.x))
        graph.attach_feature(feature)
        return graph

    def db(self, kind, *place):
        """A database with the rule by the name "r" and the tag "t"."""
        db = kind()
        db.register("r", self.o.in2out(self.rule) if place else self.rule, *place, "t")
        return db

    def noted(self, kind):
        """What an Updater that notes everything notes of an event."""
        found = []
        updater = self.o.Updater(found.append, found.append, lambda *args: found.append(args))
        arguments = ("node", 0, "r", "new", "why") if kind == "on_change_input" else ("node", "why")
        getattr(updater, kind)(None, *arguments)
        return found

    def detached(self, updater):
        updater.on_detach(None)
        updater.on_import(None, "node", "why")
        return updater.importer


R = Helpers()
CHAIN = "R.o.PatternSub((T.sin, 'u'), (T.cos, 'u'), name='p')"
SUB, REMOVE = "R.o.OpSub(T.sin, T.cos)", "R.o.OpRemove(T.sin)"
GROUP, WALK = "R.o.LocalOptGroup(R.rule)", "R.o.TopoOptimizer(R.rule)"
NAVIGATOR, FIXED, ONE = "R.o.NavigatorOptimizer(R.rule)", "R.o.EquilibriumOptimizer([R.rule])", "R.o.SeqOptimizer(R.o.in2out(R.rule))"
FUNCTION = "R.o.FromFunctionLocalOptimizer(lambda node: [node.inputs[0]], [T.sin])"
WHOLE = "R.o.FromFunctionOptimizer(lambda fgraph: 'done')"
COUNTED = "0 nodes merged in 3 visits"
TWO = "R.report(visits=1), R.report(visits=2)"

OF_OPT = {
    "ChangeTracker": ("R.o.ChangeTracker().changed", "False"),
    "ChangeTracker.on_import": ("R.told(R.o.ChangeTracker(), 'on_import', R.node, '').nb_imported", "1"),
    "ChangeTracker.on_change_input": ("R.told(R.o.ChangeTracker(), 'on_change_input', R.node, 0, s, s, '').changed", "True"),
    "ChangeTracker.reset": ("R.o.ChangeTracker().reset()", "None"),
    "ChangeTracker.on_attach": ("R.told(R.o.ChangeTracker(), 'on_attach').nb_imported", "0"),
    "ChangeTracker.on_detach": (
        "(lambda g: (g.remove_feature(g.change_tracker), hasattr(g, 'change_tracker'), 'on_detach')[1])(R.attached(R.o.ChangeTracker()))",
        "False",
    ),
    "CheckStackTraceOptimization": ("R.after(R.o.CheckStackTraceOptimization())", "['sin']"),
    "CheckStackTraceOptimization.add_requirements": ("R.required(R.o.CheckStackTraceOptimization()) or 'add_requirements'", "1"),
    "CheckStackTraceOptimization.apply": ("R.o.CheckStackTraceOptimization().apply(R.graph())", "None"),
    "CheckStrackTraceFeature": ("len(R.attached(R.o.CheckStrackTraceFeature()).features)", "1"),
    "CheckStrackTraceFeature.on_import": ("R.o.CheckStrackTraceFeature().on_import(R.graph(), R.node, '')", "None"),
    "EquilibriumOptimizer": (f"R.after({FIXED})", "['cos']"),
    "EquilibriumOptimizer.get_local_optimizers": (f"str({FIXED}.get_local_optimizers())", "'[rule]'"),
    "EquilibriumOptimizer.add_requirements": (f"{FIXED}.add_requirements(R.graph())", "None"),
    "EquilibriumOptimizer.apply": (f"{FIXED}.apply(R.graph()).hits", "{'rule': 1}"),
    "EquilibriumOptimizer.print_summary": (f"R.printed({FIXED}.print_summary)", "'EquilibriumOptimizer EquilibriumOptimizer'"),
    "EquilibriumOptimizer.print_profile": (f"R.printed({FIXED}.print_profile, R.report(visits=3))", repr(COUNTED)),
    "EquilibriumOptimizer.merge_profile": (f"R.o.EquilibriumOptimizer.merge_profile({TWO}).visits", "3"),
    "FromFunctionLocalOptimizer": (f"{FUNCTION}.transform(R.node)[0].name", "'x'"),
    "FromFunctionLocalOptimizer.add_requirements": (f"{FUNCTION}.add_requirements(R.graph())", "None"),
    "FromFunctionLocalOptimizer.tracks": (f"{FUNCTION}.tracks()", "[T.sin]"),
    "FromFunctionLocalOptimizer.print_summary": (f"R.printed({FUNCTION}.print_summary)", "'FromFunctionLocalOptimizer <lambda>'"),
    "FromFunctionOptimizer": (f"{WHOLE}.optimize(R.graph())", "'done'"),
    "FromFunctionOptimizer.add_requirements": (f"{WHOLE}.add_requirements(R.graph())", "None"),
    "FromFunctionOptimizer.print_summary": (f"R.printed({WHOLE}.print_summary)", "'FromFunctionOptimizer <lambda>'"),
    "FromFunctionOptimizer.__call__": (f"{WHOLE}.__call__(R.graph())", "'done'"),
    "LocalOptGroup": (f"{GROUP}.name", "'rule'"),
    "LocalOptGroup.tracks": (f"{GROUP}.tracks()", "[T.sin]"),
    "LocalOptGroup.transform": (f"{GROUP}.transform(R.node)[0].owner.op", "T.cos"),
    "LocalOptGroup.print_profile": (f"R.printed({GROUP}.print_profile, {{'rule': 3}})", "'3  rule'"),
    "LocalOptGroup.merge_profile": ("R.o.LocalOptGroup.merge_profile({'a': 1}, {'a': 2})", "{'a': 3}"),
    "LocalOptGroup.print_summary": (f"R.printed({GROUP}.print_summary)", "'LocalOptGroup rule'"),
    "LocalOptGroup.add_requirements": (f"{GROUP}.add_requirements(R.graph())", "None"),
    "LocalOptimizer": ("isinstance(R.rule, R.o.LocalOptimizer)", "True"),
    "LocalOptimizer.tracks": ("R.o.LocalOptimizer().tracks()", "None"),
    "LocalOptimizer.transform": ("refusal(R.o.LocalOptimizer().transform, R.node) is NotImplementedError", "True"),
    "LocalOptimizer.add_requirements": ("R.o.LocalOptimizer().add_requirements(R.graph())", "None"),
    "LocalOptimizer.print_summary": ("R.printed(R.o.LocalOptimizer().print_summary)", "'LocalOptimizer LocalOptimizer'"),
    "MergeFeature": ("len(R.attached(R.o.MergeFeature()).merge_feature.scheduled)", "1"),
    "MergeFeature.on_attach": ("R.told(R.o.MergeFeature(), 'on_attach').scheduled", "[]"),
    "MergeFeature.on_change_input": ("R.told(R.o.MergeFeature(), 'on_change_input', 'output', 0, s, s).scheduled", "[]"),
    "MergeFeature.on_import": ("(lambda g: R.o.MergeFeature().on_import(g, g.toposort()[0], ''))(R.graph()) or []", "[]"),
    "MergeFeature.on_prune": ("R.told(R.o.MergeFeature(), 'on_prune', R.node, '').scheduled", "[]"),
    "MergeFeature.process_constant": ("R.told(R.o.MergeFeature(), 'process_constant', T.constant(1)).scheduled", "[]"),
    "MergeFeature.process_node": (
        "(lambda g: (g.merge_feature.process_node(g, g.toposort()[0]), len(g.merge_feature.scheduled)))(R.attached(R.o.MergeFeature()))",
        "(None, 1)",
    ),
    "MergeOptimizer": ("R.after(R.o.MergeOptimizer(), T.sin(R.x) * T.sin(R.x))", "['sin', 'mul']"),
    "MergeOptimizer.add_requirements": ("R.o.MergeOptimizer().add_requirements(R.graph())", "None"),
    "MergeOptimizer.apply": ("R.o.MergeOptimizer().apply(R.graph(T.sin(R.x) * T.sin(R.x))).merged", "1"),
    "MergeOptimizer.print_profile": ("R.printed(R.o.MergeOptimizer().print_profile, R.report(visits=3))", repr(COUNTED)),
    "MergeOptimizer.merge_profile": (f"R.o.MergeOptimizer.merge_profile({TWO}).visits", "3"),
    "NavigatorOptimizer": (f"{NAVIGATOR}.local_opt.name", "'rule'"),
    **{
        f"NavigatorOptimizer.{name}": (f"quietly(R.o.NavigatorOptimizer.{name}, ValueError('no'), None, [], R.rule, R.node)", "None")
        for name in ("warn", "warn_inplace", "warn_ignore")
    },
    "NavigatorOptimizer.attach_updater": (f"{NAVIGATOR}.attach_updater(R.graph(), None, print, name='u').name", "'u'"),
    "NavigatorOptimizer.detach_updater": (
        f"(lambda g, n: (n.detach_updater(g, n.attach_updater(g, print, None)), g.features)[1])(R.graph(), {NAVIGATOR})", "[]",
    ),
    "NavigatorOptimizer.process_node": (f"(lambda g: ({NAVIGATOR}.process_node(g, g.toposort()[0])))(R.graph())", "True"),
    "NavigatorOptimizer.add_requirements": (f"{NAVIGATOR}.add_requirements(R.graph())", "None"),
    "NavigatorOptimizer.print_summary": (f"R.printed({NAVIGATOR}.print_summary)", "'NavigatorOptimizer rule'"),
    "OpKeyOptimizer": (f"R.after(R.o.OpKeyOptimizer({SUB}))", "['cos']"),
    "OpKeyOptimizer.apply": (
        f"(lambda g, k: (k.add_requirements(g), k.apply(g).hits)[1])(R.graph(), R.o.OpKeyOptimizer({SUB}))", "{'sin -> cos': 1}",
    ),
    "OpKeyOptimizer.add_requirements": (f"R.required(R.o.OpKeyOptimizer({SUB})) or 'add_requirements'", "1"),
    "OpRemove": (f"R.after(R.o.in2out({REMOVE}), T.exp(T.sin(R.x)))", "['exp']"),
    "OpRemove.op_key": (f"{REMOVE}.op_key()", "T.sin"),
    "OpRemove.tracks": (f"{REMOVE}.tracks()", "[T.sin]"),
    "OpRemove.transform": (f"str({REMOVE}.transform(R.node))", "'[x]'"),
    "OpRemove.print_summary": (f"R.printed({REMOVE}.print_summary)", "'OpRemove sin(x) -> x'"),
    "OpSub": (f"R.after(R.o.in2out({SUB}))", "['cos']"),
    "OpSub.op_key": (f"{SUB}.op_key()", "T.sin"),
    "OpSub.tracks": (f"{SUB}.tracks()", "[T.sin]"),
    "OpSub.transform": (f"{SUB}.transform(R.node)[0].owner.op", "T.cos"),
    "Optimizer": (f"isinstance({ONE}, R.o.Optimizer)", "True"),
    "Optimizer.apply": ("refusal(R.o.Optimizer().apply, R.graph()) is NotImplementedError", "True"),
    "Optimizer.optimize": ("refusal(R.o.Optimizer().optimize, R.graph()) is NotImplementedError", "True"),
    "Optimizer.__call__": ("refusal(R.o.Optimizer().__call__, R.graph()) is NotImplementedError", "True"),
    "Optimizer.add_requirements": ("R.o.Optimizer().add_requirements(R.graph())", "None"),
    "Optimizer.print_summary": ("R.printed(R.o.Optimizer().print_summary)", "'Optimizer Optimizer'"),
    "Optimizer.print_profile": ("R.printed(R.o.Optimizer().print_profile, R.report(visits=3))", repr(COUNTED)),
    "PatternSub": (f"R.after(R.o.in2out({CHAIN}))", "['cos']"),
    "PatternSub.op_key": (f"{CHAIN}.op_key()", "T.sin"),
    "PatternSub.tracks": (f"{CHAIN}.tracks()", "[T.sin]"),
    "PatternSub.transform": (f"{CHAIN}.transform(R.node)[0].owner.op", "T.cos"),
    "PatternSub.print_summary": (f"R.printed({CHAIN}.print_summary)", "'PatternSub p'"),
    "SeqOptimizer": (f"R.after({ONE})", "['cos']"),
    "SeqOptimizer.warn": (f"quietly(R.o.SeqOptimizer.warn, ValueError('no'), None, {ONE})", "None"),
    "SeqOptimizer.apply": (f"{ONE}.apply(R.graph()).nodes", "{'rule': (1, 1)}"),
    "SeqOptimizer.print_summary": (f"R.printed({ONE}.print_summary)", "'SeqOptimizer SeqOptimizer'"),
    "SeqOptimizer.print_profile": (f"R.printed({ONE}.print_profile, R.report(visits=3))", repr(COUNTED)),
    "SeqOptimizer.merge_profile": (f"R.o.SeqOptimizer.merge_profile({TWO}).visits", "3"),
    "TopoOptimizer": (f"R.after({WALK})", "['cos']"),
    "TopoOptimizer.apply": (f"{WALK}.apply(R.graph(), start_from=None).hits", "{'rule': 1}"),
    "TopoOptimizer.print_profile": (f"R.printed({WALK}.print_profile, R.report(visits=3))", repr(COUNTED)),
    "Updater": ("R.o.Updater(None, None, None, name='u').name", "'u'"),
    "Updater.on_import": ("R.noted('on_import')", "['node']"),
    "Updater.on_prune": ("R.noted('on_prune')", "['node']"),
    "Updater.on_change_input": ("R.noted('on_change_input')", "[('node', 0, 'r', 'new', 'why')]"),
    "Updater.on_detach": ("R.detached(R.o.Updater(print, None, None)) or 'on_detach'", "'on_detach'"),
    "check_chain": ("R.o.check_chain(T.exp(T.sin(R.x)), T.exp, 0, T.sin, 0, None)", "True"),
    "check_stack_trace": ("R.o.check_stack_trace(R.graph(), 'all')", "True"),
    "copy_stack_trace": ("R.o.copy_stack_trace(T.sin(R.x), R.x) is R.x", "True"),
    "in2out": ("R.after(R.o.in2out(R.rule))", "['cos']"),
    "inherit_stack_trace": ("type(R.o.inherit_stack_trace(T.sin(R.x))).__name__", "'inherit'"),
    "inplace_optimizer": ("R.required(R.o.inplace_optimizer(lambda fgraph: None))", "1"),
    "is_same_graph_with_merge": ("R.o.is_same_graph_with_merge(T.sin(R.x), T.sin(R.x))", "True"),
    "local_optimizer": ("R.o.local_optimizer([T.sin])(lambda node: None).tracks()", "[T.sin]"),
    "merge_dict": ("R.o.merge_dict({'a': 1}, {'a': 2, 'b': 3})", "{'a': 3, 'b': 3}"),
    "optimizer": ("R.o.optimizer(len).name", "'len'"),
    "out2in": ("R.after(R.o.out2in(R.rule))", "['cos']"),
    "pre_constant_merge": ("str(R.o.pre_constant_merge([R.x]))", "'[x]'"),
    "pre_greedy_local_optimizer": ("R.o.pre_greedy_local_optimizer([R.rule], T.sin(R.x)).owner.op", "T.cos"),
}  # fmt: skip

SEQUENCE = "R.db(R.d.SequenceDB, 1)"
OF_DATABASE = {
    "DB": ("[r.name for r in R.db(R.d.DB).query('+t')]", "['r']"),
    "DB.register": ("R.d.DB().register('name', R.rule, 'tag')", "None"),
    "DB.add_tags": ("(lambda db: (db.add_tags('r', 'more'), 'more' in db)[1])(R.db(R.d.DB))", "True"),
    "DB.remove_tags": ("(lambda db: (db.remove_tags('r', 't'), 't' in db)[1])(R.db(R.d.DB))", "False"),
    "DB.query": ("R.db(R.d.DB).query('+t', '-r')", "[]"),
    "DB.print_summary": ("R.printed(R.db(R.d.DB).print_summary)", "'DB'"),
    "EquilibriumDB": ("R.after(R.db(R.d.EquilibriumDB).query('+t'))", "['cos']"),
    "EquilibriumDB.register": ("R.d.EquilibriumDB().register('name', R.rule, 'tag', cleanup=True)", "None"),
    "EquilibriumDB.query": ("str(R.db(R.d.EquilibriumDB).query('+t').local_optimizers)", "'[r]'"),
    "LocalGroupDB": ("R.db(R.d.LocalGroupDB).query('+t').transform(R.node)[0].owner.op", "T.cos"),
    "LocalGroupDB.register": ("R.d.LocalGroupDB().register('name', R.rule, 'tag', position=2)", "None"),
    "LocalGroupDB.query": ("R.db(R.d.LocalGroupDB).query('+t').name", "'r'"),
    "ProxyDB": ("'t' in R.d.ProxyDB(R.db(R.d.DB))", "True"),
    "ProxyDB.query": ("str(R.d.ProxyDB(R.db(R.d.DB)).query('+t'))", "'[r]'"),
    "Query": ("R.d.Query(include=['a'], require=['b']).require", "('b',)"),
    "Query.including": ("R.d.Query(['a']).including('b').include", "('a', 'b')"),
    "Query.excluding": ("R.d.Query(['a']).excluding('b').exclude", "('b',)"),
    "Query.requiring": ("R.d.Query(['a']).requiring('b').require", "('b',)"),
    "Query.register": ("R.d.Query(['a']).register(('b', 1)).extra_optimizations", "[('b', 1)]"),
    "SequenceDB": (f"R.after({SEQUENCE}.query('+t'))", "['cos']"),
    "SequenceDB.register": ("R.d.SequenceDB().register('name', R.o.in2out(R.rule), 2.5, 'tag')", "None"),
    "SequenceDB.query": (f"len({SEQUENCE}.query('+t', position_cutoff=1))", "0"),
    "SequenceDB.print_summary": (f"R.printed({SEQUENCE}.print_summary)", "'SequenceDB'"),
    "TopoDB": ("R.d.TopoDB(R.db(R.d.LocalGroupDB), order='out_to_in').order", "'out_to_in'"),
    "TopoDB.query": ("R.after(R.d.TopoDB(R.db(R.d.LocalGroupDB)).query('+t'))", "['cos']"),
}  # fmt: skip

CALLS = {
    **{f"{OPT}.{name}": call for name, call in OF_OPT.items()},
    **{f"{DATABASE}.{name}": call for name, call in OF_DATABASE.items()},
}
