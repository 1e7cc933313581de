"""What is said of operations and types that are written wrongly: what, which method, at which line of the user's, and a cure."""

import pickle

import numpy as np
import pytest

import theano
import theano.scalar as scalar
import theano.tensor as T
from theano.compile.ops import as_op
from theano.graph import Apply, EnumList, EnumType, Op, Params, ParamsType, Type, generic
from theano.tensor.sharedvar import SharedVariable
from theano.tensor.slice_values import make_slice, slicetype

x = T.dvector("x")
n, row = T.lscalar("n"), T.drow("row")
X = np.arange(3.0)


class Plain(Op):
    __props__ = ()

    def make_node(self, *inputs):
        return Apply(self, list(inputs), [inputs[0].type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] + 1


def an_op(base=Plain, **members):
    """An instance of a class with these members, named Wrong."""
    return type("Wrong", (base,), {"__props__": (), "__module__": __name__, **members})()


def run(op, *inputs, value=X):
    return theano.function([x], op(*(inputs or (x,))))(value)


def build(op, *inputs):
    return theano.function([x], op(*(inputs or (x,))), on_unused_input="ignore", accept_inplace=True)


def gives(result):
    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = result

    return an_op(perform=perform)


def graded(result, **members):
    return T.grad(an_op(L_op=lambda self, inputs, outputs, output_grads: result, **members)(x).sum(), x)


def shaped(result):
    return build(lambda v: an_op(infer_shape=lambda self, node, shapes: result)(v).shape)


class Unhashable(Plain):
    __props__ = ("table",)

    def __init__(self, table):
        self.table = table


class WithoutAttribute(Plain):
    __props__ = ("scale",)


class Comparable(Plain):
    __props__ = None

    def __eq__(self, other):
        return type(self) is type(other)


del Comparable.__props__


class Word(Type):
    __props__ = ()

    def filter(self, data, strict=False, allow_downcast=None):
        if not isinstance(data, str):
            raise TypeError("a word is needed")
        return data


class Filterless(Type):
    __props__ = ()


def cyclic():
    out = Plain()(x)
    out.owner.inputs[0] = Plain()(out)
    return theano.function([x], out, on_unused_input="ignore")


def own_input(self, v):
    return Apply(self, [v], [v])


def stored_wrongly(self, node, inputs, output_storage):
    output_storage[0] = inputs[0]


def returned(self, node, inputs, output_storage):
    return inputs[0]


def raising(self, node, inputs, output_storage):
    raise ArithmeticError("no such number")


def thunk_of(result):
    return lambda self, node, storage_map, compute_map, no_recycling, impl=None: result


T_VECTOR, T_ROW = T.dvector, T.drow

CASES = {
    # building a node
    "make_node returns nothing": (
        lambda: an_op(make_node=lambda self, v: None)(x), TypeError, "Wrong.make_node must return an Apply", "return Apply(self, [x]",
    ),
    "make_node returns a variable": (
        lambda: an_op(make_node=lambda self, v: v)(x), TypeError, "Wrong.make_node must return an Apply", "return Apply(self, [x]",
    ),
    "an input is a number": (
        lambda: an_op(make_node=lambda self, v: Apply(self, [3], [v.type()]))(x), TypeError,
        "Wrong: input 0 of the node is not a Variable", "as_tensor_variable",
    ),
    "an output is a type": (
        lambda: an_op(make_node=lambda self, v: Apply(self, [v], [v.type]))(x), TypeError,
        "Wrong: output 0 of the node is not a Variable", None,
    ),
    "outputs are no list": (
        lambda: an_op(make_node=lambda self, v: Apply(self, [v], v.type()))(x), TypeError,
        "the outputs of an Apply are a list or tuple", None,
    ),
    "an input is its own output": (
        lambda: an_op(make_node=own_input)(x), TypeError, "Wrong.make_node: output 0 of the node is one of its inputs, x", "x.type()",
    ),
    "a class for an op": (
        lambda: Apply(Plain, [x], [x.type()]), TypeError, "Apply needs an operation, Plain is a class", "did you mean Plain()(...)?",
    ),
    "neither make_node nor itypes": (
        lambda: an_op(Op)(x), TypeError, "Wrong cannot be applied: it defines neither make_node nor itypes and otypes", "def make_node",
    ),
    "too many inputs": (lambda: an_op(Op, itypes=[T_VECTOR], otypes=[])(x, x), ValueError, "Wrong takes 1 inputs, not 2", None),
    "an input of another type": (
        lambda: an_op(Op, itypes=[T_ROW], otypes=[])(x), TypeError, "Wrong: input 0 is of the wrong type", "TensorType(float64, vector)",
    ),
    "a value for a variable": (
        lambda: an_op(Op, itypes=[T_VECTOR], otypes=[])(X), TypeError, "Wrong: input 0 is of the wrong type", "ndarray",
    ),
    "a default output that there is not": (
        lambda: an_op(default_output=1)(x), AttributeError, "Wrong.default_output is 1; it must be a number below 1", None,
    ),
    "a default output by name": (
        lambda: an_op(default_output="a")(x), AttributeError,
        "Wrong.default_output is 'a'; it must be a number", None,
    ),
    # properties
    "properties that are no tuple": (
        lambda: an_op(__props__="scale"), TypeError, "Wrong.__props__ is 'scale'; it must be a tuple of attribute names", None,
    ),
    "a property that is missing": (
        lambda: build(WithoutAttribute()), AttributeError,
        "WithoutAttribute.__props__ names 'scale', which this WithoutAttribute does not have",
        "set self.scale in __init__",
    ),
    "a property that cannot be hashed": (
        lambda: build(Unhashable([1, 2])), TypeError, "Unhashable.__props__ names what cannot be hashed", "table  [1, 2]  list",
    ),
    "equality without a hash": (lambda: build(Comparable()), TypeError, "Comparable defines __eq__ and no __hash__", "__props__"),
    # what cannot run
    "no perform": (
        lambda: build(an_op(Op, make_node=Plain.make_node)), NotImplementedError, "Wrong cannot be computed: it does not define perform",
        "at test_extending.py",
    ),
    "nothing but C code": (
        lambda: build(an_op(Op, make_node=Plain.make_node, c_code=lambda *args: "")), NotImplementedError,
        "Wrong has c_code and no perform; no C compiler is used any more", "write Wrong.perform",
    ),
    "a cycle": (cyclic, theano.errors.InconsistencyError, "the graph has a cycle", "test_extending.py"),
    "a view of an input that there is not": (
        lambda: build(an_op(view_map={0: [1]})), theano.errors.InconsistencyError, "Wrong.view_map names input 1 of 1", "count from 0",
    ),
    "a view of several inputs": (
        lambda: build(an_op(view_map={0: [0, 1]}), x, x), theano.errors.InconsistencyError,
        "Wrong.view_map says that output 0 is a view of 2 inputs", None,
    ),
    "an output that there is not": (
        lambda: build(an_op(destroy_map={1: [0]})), theano.errors.InconsistencyError,
        "Wrong.destroy_map names output 1 of 1", "count from 0",
    ),
    "a map that is none": (
        lambda: build(an_op(destroy_map=[0])), theano.errors.InconsistencyError,
        "Wrong.destroy_map is [0], no dict", "{output: [input, ...]}",
    ),
    "a map of numbers": (
        lambda: build(an_op(destroy_map={0: 0})), theano.errors.InconsistencyError, "Wrong.destroy_map gives 0 for output 0, no list", None,
    ),
    "a thunk that is none": (
        lambda: build(an_op(make_thunk=thunk_of(None))), TypeError, "Wrong.make_thunk must return a function without arguments", "None",
    ),
    "params that are not there": (
        lambda: build(an_op(params_type=ParamsType(scale=scalar.float64))), AttributeError, "get_params: Wrong has no attribute scale",
        "set self.scale in __init__",
    ),
    # what perform does
    "an output left empty": (
        lambda: run(an_op(perform=lambda *args: None)), ValueError, "perform of Wrong left output 0 empty", "output_storage[0][0] = value",
    ),
    "the cell replaced": (
        lambda: run(an_op(perform=stored_wrongly)), ValueError, "perform of Wrong left output 0 empty", "output_storage[0][0] = value",
    ),
    "the result returned": (
        lambda: run(an_op(perform=returned)), ValueError, "perform of Wrong left output 0 empty", "what perform returns",
    ),
    "a thunk that leaves it empty": (
        lambda: run(an_op(make_thunk=thunk_of(lambda: None))), ValueError, "perform of Wrong left output 0 empty", None,
    ),
    "a result of another rank": (
        lambda: run(gives(np.ones((2, 2)))), TypeError,
        "perform of Wrong gave output 0 a value that is none of its type: a value of rank 1",
        "given     float64 (2, 2)",
    ),
    "a result of another dtype": (
        lambda: run(gives(np.ones(2, "complex64"))), TypeError, "a value of dtype float64 is needed, an array of complex64",
        "declare its type in make_node",
    ),
    "a result that is no array": (lambda: run(gives("text")), TypeError, "a value of dtype float64 is needed", "given     str 'text'"),
    "a broadcastable dimension of another size": (
        lambda: theano.function([row], gives(np.ones((2, 3)))(row))(np.ones((1, 3))), TypeError,
        "the size of dimension 0 must be 1, a value of shape (2, 3) was given", "TensorType(float64, row)",
    ),
    "an error inside": (lambda: run(an_op(perform=raising)), ArithmeticError, "no such number", None),
    "too few arguments": (
        lambda: run(an_op(perform=lambda self, node, inputs: None)), TypeError, "takes 3 positional arguments but 4 were given", None,
    ),
    "a size other than that inferred": (
        lambda: run(an_op(infer_shape=lambda self, node, shapes: [(shapes[0][0] + 1,)])), ValueError,
        "perform gave output 0 another size along axis 0 than infer_shape told: 3 and 4", None,
    ),
    # shapes
    "no shapes": (
        lambda: shaped(None), ValueError,
        "Wrong.infer_shape must return a list of 1 shape, one for each output, not NoneType", "def infer",
    ),
    "too many shapes": (lambda: shaped([(n,), (n,)]), ValueError, "must return a list of 1 shape, one for each output, not 2 shapes", None),
    "a shape of another rank": (
        lambda: shaped([(1, 2)]), ValueError,
        "Wrong.infer_shape gave 2 sizes for output 0, which is of rank 1", "tuple of",
    ),
    "a shape that is a number": (
        lambda: shaped([3]), ValueError,
        "Wrong.infer_shape gave 3 for the shape of output 0, no tuple", "Wrong(x)",
    ),
    "a size that is no integer": (
        lambda: shaped([(1.5,)]), ValueError, "Wrong.infer_shape gave a size of output 0 that is no integer: (1.5,)", "0-d integer",
    ),
    # gradients
    "no gradient": (
        lambda: T.grad(Plain()(x).sum(), x), NotImplementedError,
        "Plain has no gradient: Plain defines neither L_op nor grad", None,
    ),
    "too many gradients": (
        lambda: graded([x, x]), ValueError, "Wrong: 1 inputs but its gradient method returned 2 terms", "one gradient for each input",
    ),
    "a gradient that is no list": (
        lambda: graded(x), TypeError,
        "Wrong: the gradient method must return a list or tuple, got TensorVariable", None,
    ),
    "a gradient that is None": (
        lambda: graded([None]), TypeError, "Wrong: the gradient term for input 0 must be a variable, not None", "DisconnectedType()()",
    ),
    "a gradient that is a number": (
        lambda: graded([1.0]), TypeError, "Wrong: the gradient term for input 0 must be a variable, not 1.0 (float)", "as_tensor_variable",
    ),
    "a gradient of another rank": (
        lambda: graded([x.sum()]), ValueError, "Wrong: the gradient term for input 0 has rank 0, the input rank 1", "shaped as its inputs",
    ),
    "a connection pattern of another size": (
        lambda: graded([x], connection_pattern=lambda self, node: [[True], [True]]), ValueError,
        "Wrong: connection_pattern must have a row for each of 1 inputs", None,
    ),
    "too many directional derivatives": (
        lambda: theano.gradient.Rop(an_op(R_op=lambda self, inputs, points: [x, x])(x), x, x), ValueError,
        "Wrong: 1 outputs but R_op returned 2 terms", "directional derivative of each output",
    ),
    "a directional derivative that is a number": (
        lambda: theano.gradient.Rop(an_op(R_op=lambda self, inputs, points: [1.0])(x), x, x), TypeError,
        "Wrong: R_op gave 1.0 (float) for output 0, no variable", "None where the output does not move",
    ),
    # types
    "a type without filter": (
        lambda: Filterless().make_constant(3), NotImplementedError,
        "Filterless does not define filter(data, strict=False, allow_downcast=None)", None,
    ),
    "a value that its type refuses": (
        lambda: theano.function([w := Word()("w")], w)(3), TypeError, "bad argument 0 for the input w, an int (3)", "a word is needed",
    ),
    "a shared value that its type refuses": (
        lambda: SharedVariable("kept", Word(), "a", False).set_value(3), TypeError,
        "set_value: this is no value of kept", "a word is needed",
    ),
    "an update of another type": (
        lambda: theano.function([x], [], updates=[(SharedVariable("kept", Word(), "a", False), x)]), TypeError,
        "the update of kept has type TensorType(float64, vector), the shared variable Word", None,
    ),
    "a variable of another type": (
        lambda: Word().filter_variable(x), TypeError,
        "a variable of type Word cannot be made of one of type TensorType(float64, vector)", None,
    ),
    # helpers
    "as_op of variables": (
        lambda: as_op(itypes=[x], otypes=[T_VECTOR]), TypeError,
        "as_op: itypes must be a list of types, it holds a TensorVariable", "not called",
    ),
    "as_op of no function": (lambda: as_op([T_VECTOR], [T_VECTOR])(3), TypeError, "as_op: a function is needed, not 3", None),
    "a function that returns too much": (
        lambda: run(as_op([T_VECTOR], [T_VECTOR])(lambda v: (v, v))), ValueError, "the function returned 2 values, otypes has 1", None,
    ),
    "pickling a local function's op": (
        lambda: pickle.dumps(as_op([T_VECTOR], [T_VECTOR])(lambda v: v)), pickle.PicklingError,
        "cannot be pickled", "at the top of a module",
    ),
    "an enumeration of strings": (
        lambda: EnumType(A="a"), TypeError,
        "EnumType: the constant A must be a number, not a str", "A=(alias, 1)",
    ),
    "an alias that is taken": (lambda: EnumList(("A", "B"), "B"), AttributeError, "EnumList: the alias 'B' of A is taken by B", None),
    "a constant that there is not": (lambda: EnumList("RED").RAD, AttributeError, "EnumList has no constant 'RAD'", "did you mean RED"),
    "no number of the enumeration": (
        lambda: EnumList("RED").filter(1), TypeError,
        "1 is none of the numbers of EnumList<int>(RED:0)", "constants",
    ),
    "params without fields": (lambda: ParamsType(), ValueError, "ParamsType: there is no field", "ParamsType(name=type"),
    "params without a value": (
        lambda: Params(ParamsType(a=generic)), TypeError, "Params: there is no value for a", "ParamsType<a:Generic>",
    ),
    "params with another value": (
        lambda: Params(ParamsType(scale=generic), scale=1, sclae=2), TypeError, "Params: no such field: sclae", "did you mean scale?",
    ),
    "a field of no type": (lambda: ParamsType(a="float64"), TypeError, "ParamsType: the field a needs a type", "'float64'"),
    "a slice of floats": (lambda: make_slice(T.dscalar("d"), None, None), TypeError, "make_slice: a bound must be an integer or None", "d"),
    "no slice": (
        lambda: theano.function([s := slicetype("s")], s)(3), TypeError,
        "bad argument 0 for the input s", "a slice is needed, not an int: 3",
    ),
}  # fmt: skip

INSIDE = {"an error inside", "too few arguments", "an output left empty", "a result of another rank", "a result that is no array"}
"""Errors of code that runs inside a call."""


@pytest.mark.parametrize("name", CASES)
def test_message(name):
    action, kind, headline, cure = CASES[name]
    with pytest.raises(kind) as caught:
        action()
    assert headline in str(caught.value).splitlines()[0]
    assert cure is None or cure in str(caught.value)
    assert x.owner is None and theano.function([x], x + 1)(X).tolist() == [1, 2, 3], "nothing has changed"


@pytest.mark.parametrize("name", sorted(INSIDE))
def test_errors_inside_a_call_say_where(name):
    action, kind, *_ = CASES[name]
    with pytest.raises(kind) as caught:
        action()
    (note,) = caught.value.__notes__
    assert note.startswith("in Wrong.perform, applied at test_extending.py:")
    assert "input 0  x  float64 (3,)" in note


def test_there_are_many():
    assert len(CASES) >= 60
