"""A call of each name of the modules that extensions import from, with what it gives; the samples are E (:mod:`tests.faces.samples`)."""

MODULES = {
    "theano.compile.ops", "theano.gof.null_type", "theano.gof.op", "theano.gof.params_type", "theano.gof.type", "theano.tensor.type_other",
}  # fmt: skip
OP, TYPE, PARAMS, OPS = "theano.gof.op", "theano.gof.type", "theano.gof.params_type", "theano.compile.ops"

HOOKS = {
    "CLinkerObject": "c_headers c_header_dirs c_libraries c_lib_dirs c_support_code c_compile_args c_no_compile_args c_init_code",
    "CLinkerOp": "c_code c_code_cleanup c_support_code_apply c_init_code_apply c_init_code_struct c_support_code_struct "
    "c_cleanup_code_struct",
    "CLinkerType": "c_element_type c_literal c_declare c_init c_extract c_extract_out c_cleanup c_sync",
}
PLACES = {"CLinkerObject": OP, "CLinkerOp": OP, "CLinkerType": TYPE}
"""What C code brought along is never asked for: the classes only say that they do not define it."""

OF_OPERATIONS = {
    "CLinkerObject": ("issubclass(theano.Op, theano.gof.op.CLinkerObject)", "True"),
    "CLinkerObject.c_code_cache_version": ("E.InC().c_code_cache_version()", "()"),
    "CLinkerOp": ("issubclass(theano.Op, theano.gof.op.CLinkerOp)", "True"),
    "CLinkerOp.c_code_cache_version_apply": ("E.InC().c_code_cache_version_apply(None)", "()"),
    "COp": ("theano.gof.op.COp and E.InC()(v)", "2 * V"),
    "COp.get_path": ("E.InC.get_path('code.c').endswith('/tests/faces/code.c')", "True"),
    "COp.load_c_code": ("(lambda op: (op.load_c_code([]), sorted(op.code_sections))[1])(E.InC())", "['init_code', 'support_code_apply']"),
    "COp.format_c_function_args": ("E.InC().format_c_function_args(['a', 'b'], ['z'])", "'a, b, &z'"),
    "COp.get_c_macros": (
        "E.InC().get_c_macros(E.InC()(v).owner, 'n')[0].splitlines()[-1]", "'#define APPLY_SPECIFIC(str) str##_n'",
    ),
    "COp.get_sub_macros": ("E.InC().get_sub_macros({'fail': 'goto out;'})", "('#define FAIL goto out;', '#undef FAIL')"),
    "COp.get_io_macros": ("E.InC().get_io_macros(['a'], [])", "('#define INPUT_0 a', '#undef INPUT_0')"),
    "Op": ("isinstance(E.Double(), theano.gof.op.Op)", "True"),
    "Op.get_params": ("E.Double().get_params(None).scale", "2.5"),
    "Op.prepare_node": ("E.Double().prepare_node(None, None, None, 'py')", "None"),
    "Op.make_c_thunk": ("E.refused(E.Double().make_c_thunk, E.Double()(v).owner, {}, {}, [])", "'MethodNotDefined'"),
    "Op.make_py_thunk": ("E.ran(E.Double().make_py_thunk)", "np.array([2.0, 4.0])"),
    "Op.make_thunk": ("E.ran(E.Double().make_thunk)", "np.array([2.0, 4.0])"),
    "Op.make_node": ("E.Threaded().make_node(v).outputs", "[2 * V]"),
    "OpenMPOp": ("theano.gof.op.OpenMPOp(openmp=False).openmp", "False"),
    "OpenMPOp.test_gxx_support": ("theano.gof.op.OpenMPOp.test_gxx_support()", "False"),
    "OpenMPOp.update_self_openmp": ("(lambda op: (op.update_self_openmp(), op.openmp)[1])(theano.gof.op.OpenMPOp(True))", "False"),
    "PureOp": ("isinstance(E.Double(), theano.gof.op.PureOp)", "True"),
    "PureOp.make_node": ("E.refused(theano.gof.op.PureOp().make_node)", "'TypeError'"),
    "PureOp.__call__": ("theano.gof.op.PureOp.__call__(E.Double(), v)", "2 * V"),
    "PureOp.L_op": ("E.refused(theano.gof.op.PureOp().L_op, [], [], [])", "'MethodNotDefined'"),
    "PureOp.R_op": ("E.refused(theano.gof.op.PureOp().R_op, [], [])", "'MethodNotDefined'"),
    "PureOp.perform": ("E.refused(theano.gof.op.PureOp().perform, None, [], [])", "'MethodNotDefined'"),
    "PureOp.do_constant_folding": ("theano.gof.op.PureOp().do_constant_folding(None)", "True"),
    "apply_meth": ("'return 0' in theano.gof.op.apply_meth('support_code_apply')(E.InC(), E.InC()(v).owner, 'n')", "True"),
    "simple_meth": ("theano.gof.op.simple_meth('init_code')(E.InC())", "'import_array();\\n'"),
    "debug_assert": ("E.testing(E.refused, theano.gof.op.debug_assert, False)", "'AssertionError'"),
    "debug_error_message": ("E.testing(E.refused, theano.gof.op.debug_error_message, 'wrong')", "'ValueError'"),
    "get_debug_values": ("E.testing(theano.gof.op.get_debug_values, T.constant(3), theano.shared('x'))", "[(3, 'x')]"),
    "get_test_value": ("theano.gof.op.get_test_value(T.constant(3.0))", "np.array(3.0)"),
    "missing_test_message": ("E.testing(E.refused, theano.gof.op.missing_test_message, 'none')", "'TestValueError'"),
    "ops_with_inner_function": ("isinstance(theano.gof.op.ops_with_inner_function, dict)", "True"),
}  # fmt: skip

OF_TYPES = {
    "CDataType": ("theano.gof.type.CDataType('handle_t') == theano.gof.type.CDataType('handle_t')", "True"),
    "CDataType.filter": ("E.refused(theano.gof.type.CDataType('handle_t').filter, 3)", "'TypeError'"),
    "CDataType.make_value": ("type(theano.gof.type.CDataType('handle_t').make_value(64)).__name__", "'PyCapsule'"),
    "CDataTypeConstant": (
        "(lambda t: isinstance(t.make_constant(t.make_value(64)), theano.gof.type.CDataTypeConstant))(theano.gof.type.CDataType('h'))",
        "True",
    ),
    "CDataTypeConstant.merge_signature": ("theano.gof.type.CDataType('h').make_constant(None).merge_signature()[0].ctype", "'h'"),
    "CDataTypeConstant.signature": ("theano.gof.type.CDataType('h').make_constant(None).signature()[0].ctype", "'h'"),
    "CEnumType": ("theano.gof.type.CEnumType('A', 'B', ctype='long').B", "1"),
    "CLinkerType": ("issubclass(theano.gof.Type, theano.gof.type.CLinkerType)", "True"),
    "CLinkerType.c_is_simple": ("E.Words().c_is_simple()", "False"),
    "CLinkerType.c_code_cache_version": ("E.Words().c_code_cache_version()", "()"),
    "EnumList": ("theano.gof.type.EnumList('A', 'B').B", "1"),
    "EnumType": ("dict(theano.gof.type.EnumType(A=3, B=('b', 0.5)))", "{'A': 3, 'B': 0.5}"),
    "EnumType.fromalias": ("E.COLOR.fromalias('r')", "0"),
    "EnumType.has_alias": ("E.COLOR.has_alias('RED')", "False"),
    "EnumType.get_aliases": ("E.COLOR.get_aliases()", "['r']"),
    "EnumType.filter": ("[E.COLOR.filter(1), E.refused(E.COLOR.filter, 2)]", "[1, 'TypeError']"),
    "EnumType.values_eq": ("E.COLOR.values_eq(1, 1)", "True"),
    "EnumType.values_eq_approx": ("E.COLOR.values_eq_approx(0, 1)", "False"),
    "Generic": ("isinstance(theano.gof.type.generic, theano.gof.type.Generic)", "True"),
    "Generic.filter": ("theano.gof.generic.filter('text')", "'text'"),
    "Generic.is_valid_value": ("theano.gof.generic.is_valid_value(object())", "True"),
    "PureType": ("isinstance(E.Words(), theano.gof.type.PureType)", "True"),
    "PureType.filter": ("E.refused(theano.gof.type.PureType().filter, 3)", "'MethodNotDefined'"),
    "PureType.filter_variable": ("E.Words().filter_variable('a').data", "'a'"),
    "PureType.convert_variable": ("E.Words().convert_variable(v)", "None"),
    "PureType.is_valid_value": ("[E.Words().is_valid_value('a'), E.Words().is_valid_value(1)]", "[True, False]"),
    "PureType.value_validity_msg": ("E.Words().value_validity_msg(1)", "'a word is needed'"),
    "PureType.make_variable": ("E.Words().make_variable('w').name", "'w'"),
    "PureType.make_constant": ("E.Words().make_constant('a').data", "'a'"),
    "PureType.__call__": ("theano.gof.type.PureType.__call__(E.Words(), 'w').type == E.Words()", "True"),
    "PureType.values_eq": ("E.Words().values_eq('a', 'a')", "True"),
    "PureType.values_eq_approx": ("E.Words().values_eq_approx('a', 'b')", "False"),
    "SingletonType": ("issubclass(theano.gof.type.Generic, theano.gof.type.SingletonType)", "True"),
    "Type": ("theano.gof.type.Type().is_valid_value.__name__", "'is_valid_value'"),
    "generic": ("theano.gof.type.generic('x').name", "'x'"),
}  # fmt: skip

NULL = {
    "NullType": ("theano.gof.null_type.NullType('why not').why_null", "'why not'"),
    "NullType.filter": ("E.refused(theano.gof.null_type.NullType().filter, 1)", "'ValueError'"),
    "NullType.filter_variable": ("E.refused(theano.gof.null_type.NullType().filter_variable, v)", "'VariableTypeError'"),
    "NullType.may_share_memory": ("theano.gof.null_type.NullType().may_share_memory(V, V[1:])", "False"),
    "NullType.values_eq": ("E.refused(theano.gof.null_type.NullType().values_eq, 1, 1)", "'ValueError'"),
    "null_type": ("theano.gof.null_type.null_type == theano.gof.null_type.NullType('another reason')", "True"),
}

PARAMS_HOOKS = (
    "c_compile_args c_no_compile_args c_headers c_libraries c_header_dirs c_lib_dirs c_init_code c_support_code c_declare c_init "
    "c_cleanup c_extract"
)
MADE = "E.PARAMS.get_params(E.Double())"
OF_PARAMS = {
    "Params": ("dict(theano.gof.params_type.Params(E.PARAMS, color=0, scale=1.0))", "{'color': 0, 'scale': 1.0}"),
    "Params.__getattr__": (f"{MADE}.__getattr__('scale')", "2.5"),
    "Params.__setattr__": (f"E.refused({MADE}.__setattr__, 'scale', 1.0)", "'TypeError'"),
    "Params.__setitem__": (f"E.refused({MADE}.__setitem__, 'scale', 1.0)", "'TypeError'"),
    "Params.__delitem__": (f"E.refused({MADE}.__delitem__, 'scale')", "'TypeError'"),
    "ParamsType": ("theano.gof.params_type.ParamsType(a=theano.gof.generic).fields", "('a',)"),
    "ParamsType.generate_struct_name": ("E.PARAMS.generate_struct_name() == E.PARAMS.name", "True"),
    "ParamsType.has_type": ("E.PARAMS.has_type(E.COLOR)", "True"),
    "ParamsType.get_type": ("E.PARAMS.get_type('color') is E.COLOR", "True"),
    "ParamsType.get_field": ("E.PARAMS.get_field(E.COLOR)", "'color'"),
    "ParamsType.get_enum": ("[E.PARAMS.get_enum('GREEN'), E.PARAMS.GREEN]", "[1, 1]"),
    "ParamsType.enum_from_alias": ("E.PARAMS.enum_from_alias('r')", "0"),
    "ParamsType.get_params": ("E.PARAMS.get_params(E.Double(), scale=3).scale", "3.0"),
    "ParamsType.extended": ("E.PARAMS.extended(more=theano.gof.generic).fields", "('color', 'more', 'scale')"),
    "ParamsType.filter": (f"E.PARAMS.filter({MADE}, strict=True) == {MADE}", "True"),
    "ParamsType.values_eq": (f"E.PARAMS.values_eq({MADE}, {MADE})", "True"),
    "ParamsType.values_eq_approx": (f"E.PARAMS.values_eq_approx({MADE}, E.PARAMS.get_params(E.Double(), scale=3))", "False"),
    "ParamsType.c_code_cache_version": ("E.PARAMS.c_code_cache_version()", "()"),
    **{f"ParamsType.{name}": (f"E.refused(E.PARAMS.{name})", "'MethodNotDefined'") for name in PARAMS_HOOKS.split()},
}

OF_COMPILE = {
    "DeepCopyOp": ("theano.compile.ops.DeepCopyOp()(v)", "V"),
    "DeepCopyOp.make_node": ("theano.compile.ops.DeepCopyOp().make_node(v).outputs", "[V]"),
    "FromFunctionOp": ("theano.compile.ops.FromFunctionOp(np.sort, [T.dvector], [T.dvector], None)(v)", "np.sort(V)"),
    "OutputGuard": ("theano.compile.ops.OutputGuard()(v)", "V"),
    "Rebroadcast": ("theano.compile.ops.Rebroadcast((0, False))(v)", "V"),
    "Rebroadcast.make_node": ("theano.compile.ops.Rebroadcast((0, False)).make_node(v).outputs", "[V]"),
    "Shape": ("theano.compile.ops.Shape()(m)", "[2, 3]"),
    "Shape.make_node": ("theano.compile.ops.Shape().make_node(m).outputs", "[[2, 3]]"),
    "Shape_i": ("theano.compile.ops.Shape_i(1)(m)", "3"),
    "Shape_i.params_type": ("theano.compile.ops.Shape_i(1).params_type", "None"),
    "Shape_i.make_node": ("theano.compile.ops.Shape_i(1).make_node(m).outputs", "[3]"),
    "SpecifyShape": ("theano.compile.ops.SpecifyShape()(m, (2, 3))", "M"),
    "SpecifyShape.make_node": ("theano.compile.ops.SpecifyShape().make_node(m, (2, 3)).outputs", "[M]"),
    "ViewOp": ("theano.compile.ops.ViewOp()(v)", "V"),
    "ViewOp.make_node": ("theano.compile.ops.ViewOp().make_node(v).outputs", "[V]"),
    "as_op": ("theano.compile.ops.as_op([T.dvector], T.dvector, infer_shape=lambda node, shapes: shapes)(np.sort)(v)", "np.sort(V)"),
    "deep_copy_op": ("theano.compile.ops.deep_copy_op(v)", "V"),
    "shape": ("theano.compile.ops.shape(m)", "[2, 3]"),
    "shape_i": ("theano.compile.ops.shape_i(m, 0)", "2"),
    "specify_shape": ("theano.compile.ops.specify_shape(m, (2, 3))", "M"),
    "view_op": ("theano.compile.ops.view_op(v)", "V"),
    **{
        f"register_{what}_c_code": (f"theano.compile.ops.register_{what}_c_code(E.Words, 'code', version=(1,))", "None")
        for what in ("view_op", "deep_copy_op", "shape", "shape_i", "specify_shape", "rebroadcast")
    },
}

OTHER = "theano.tensor.type_other"
OF_SLICES = {
    "MakeSlice": (f"str({OTHER}.MakeSlice()(slice(1, None)).type)", "'SliceType'"),
    "MakeSlice.make_node": (f"len({OTHER}.MakeSlice().make_node(1, None, None).inputs)", "3"),
    "NoneConst": (f"{OTHER}.NoneConst.data", "None"),
    "NoneTypeT": (f"{OTHER}.NoneTypeT().is_valid_value(3)", "False"),
    "NoneTypeT.filter": (f"E.refused({OTHER}.NoneTypeT().filter, 3)", "'TypeError'"),
    "NoneTypeT.may_share_memory": (f"{OTHER}.NoneTypeT().may_share_memory(None, None)", "False"),
    "SliceConstant": (f"{OTHER}.SliceConstant({OTHER}.slicetype, slice(np.int8(1), 2)).data", "slice(1, 2)"),
    "SliceConstant.signature": (f"{OTHER}.SliceConstant({OTHER}.slicetype, slice(1, 2)).signature()[1:]", "(1, 2, None)"),
    "SliceType": (f"{OTHER}.SliceType() == {OTHER}.slicetype", "True"),
    "SliceType.filter": (f"E.refused({OTHER}.SliceType().filter, 3)", "'TypeError'"),
    "SliceType.may_share_memory": (f"{OTHER}.SliceType().may_share_memory(slice(1), slice(1))", "False"),
    "as_int_none_variable": (f"{OTHER}.as_int_none_variable(None) is {OTHER}.NoneConst", "True"),
    "make_slice": (f"{OTHER}.make_slice(slice(1, None)).owner.inputs[0].data", "np.array(1)"),
    "none_type_t": (f"{OTHER}.none_type_t.filter(None)", "None"),
    "slicetype": (f"{OTHER}.slicetype.filter(slice(1))", "slice(1)"),
}

CALLS = {
    **{f"{PLACES[kind]}.{kind}.{name}": (f"E.refused({PLACES[kind]}.{kind}().{name}, *'abc')", "'MethodNotDefined'")
       for kind, names in HOOKS.items() for name in names.split()},
    **{f"{OP}.{name}": call for name, call in OF_OPERATIONS.items()},
    **{f"{TYPE}.{name}": call for name, call in OF_TYPES.items()},
    **{f"theano.gof.null_type.{name}": call for name, call in NULL.items()},
    **{f"{PARAMS}.{name}": call for name, call in OF_PARAMS.items()},
    **{f"{OPS}.{name}": call for name, call in OF_COMPILE.items()},
    **{f"{OTHER}.{name}": call for name, call in OF_SLICES.items()},
}  # fmt: skip
