"""What can be written wrongly in a call of ``theano.function``: each says what is wrong and what to do, and changes nothing."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.errors.subjects import SINGLE, WIDE, a, b, c, f32, flat, k, m, n, refused, step, w, x, y
from theano.errors import InconsistencyError, MissingInputError, ReplacedInputError, UnusedInputError


def cyc():
    p = x + 1
    q = p * 2
    p.owner.inputs[0] = q
    theano.function([x], q)


def wrong_default():
    s32 = theano.shared(np.zeros(2, "float32"), name="s32")
    s32.default_update = T.cast(s32, "float64")
    theano.function([], s32)


CASES = {
    "a variable for the list of inputs": (
        lambda: theano.function(x, x),
        TypeError,
        "function: inputs must be a list or a tuple of variables, not TensorVariable: write [x] for one input",
        None,
    ),
    "a dictionary for the list of inputs": (
        lambda: theano.function({"x": x}, x),
        TypeError,
        "function: inputs must be a list or a tuple of variables, not dict: write [x] for one input",
        None,
    ),
    "a number as input": (
        lambda: theano.function([x, 3.0], x),
        TypeError,
        "function: input 1 is 3.0, not a symbolic variable",
        "declare one, such as x = theano.tensor.dvector('x')",
    ),
    "a name as input": (
        lambda: theano.function(["x"], x),
        TypeError,
        "function: input 0 is 'x', not a symbolic variable",
        "declare one, such as x = theano.tensor.dvector('x')",
    ),
    "a list of variables as one input": (
        lambda: theano.function([[x, y]], x + y),
        TypeError,
        "function: input 0 is [x, y], which declares no input",
        "write x, In(x, ...), (x, value), ((x, update), value), or one of these tuples with a name in front",
    ),
    "a constant as input": (
        lambda: theano.function([x, T.constant(1.0)], x),
        TypeError,
        "function: input 1 is the constant TensorConstant{1.0}; an input must be a variable",
        "declare a variable and build the graph from it",
    ),
    "a shared variable as input": (
        lambda: theano.function([w], w * 2),
        TypeError,
        "function: the shared variable w cannot be an input",
        "give it a value by set_value, or replace it by an input x: givens=[(w, x)]",
    ),
    "a variable twice among the inputs": (
        lambda: theano.function([x, x], x),
        UnusedInputError,
        "function: the variable x occurs twice in inputs, at 0 and 1",
        "leave one of them out",
    ),
    "a tuple of three that declares an input": (
        lambda: theano.function([(x, 1.0, 2.0)], x),
        TypeError,
        "function: input 0 is (x, 1.0, 2.0), which declares no input",
        "write x, In(x, ...), (x, value), ((x, update), value), or one of these tuples with a name in front",
    ),
    "an empty tuple as input": (
        lambda: theano.function([()], x),
        TypeError,
        "function: input 0 is (), which declares no input",
        "write x, In(x, ...), (x, value), ((x, update), value), or one of these tuples with a name in front",
    ),
    "a tuple whose name comes late": (
        lambda: theano.function([(x, "x", 1.0)], x),
        TypeError,
        "function: input 0 is (x, 'x', 1.0), which declares no input",
        "write x, In(x, ...), (x, value), ((x, update), value), or one of these tuples with a name in front",
    ),
    "a tuple whose update is a number": (
        lambda: theano.function([((x, 3), [1.0])], x),
        TypeError,
        "function: input 0 is ((x, 3), [1.0]), which declares no input",
        "write x, In(x, ...), (x, value), ((x, update), value), or one of these tuples with a name in front",
    ),
    "a tuple with update and value in one pair": (
        lambda: theano.function([(a, (a + 1, 1.0))], a),
        TypeError,
        "function: input 0 is (a, (Elemwise{add,no_inplace}.0, 1.0)), which declares no input",
        "write x, In(x, ...), (x, value), ((x, update), value), or one of these tuples with a name in front",
    ),
    "a tuple whose value is a variable": (
        lambda: theano.function([(a, b)], a + b),
        TypeError,
        "function: input 0 is (a, b), which declares no input",
        "write x, In(x, ...), (x, value), ((x, update), value), or one of these tuples with a name in front",
    ),
    "In with a variable as value": (
        lambda: theano.In(x, value=y),
        TypeError,
        "In: the value of x is a symbolic variable, y",
        "give a number or an array; to put an expression in place of an input, use givens",
    ),
    "In of a name": (
        lambda: theano.function([theano.In("x")], x),
        TypeError,
        "function: input 0 is 'x', not a symbolic variable",
        "declare one, such as x = theano.tensor.dvector('x')",
    ),
    "In with an update of another dtype": (
        lambda: theano.In(f32, value=SINGLE, update=x),
        TypeError,
        "In: the update of f32 has another type",
        "cast it (.astype), or set its pattern by T.patternbroadcast: the types must be equal",
    ),
    "In with an update of another rank": (
        lambda: theano.In(x, value=[1.0], update=x.sum()),
        TypeError,
        "In: the update of x has another type",
        "cast it (.astype), or set its pattern by T.patternbroadcast: the types must be equal",
    ),
    "In with a text as update": (
        lambda: theano.In(a, value=1.0, update="text"),
        TypeError,
        "In: the update of a is no value of it",
        "give a number or an array: float(value) reads a text",
    ),
    "a default of a higher dtype": (
        lambda: theano.function([theano.In(f32, value=np.ones(2))], f32),
        TypeError,
        "function: the default of the input f32 is no value of it",
        "did you mean allow_downcast=True, or value.astype('float32')?",
    ),
    "a default of another rank": (
        lambda: theano.function([theano.In(x, value=1.0)], x),
        TypeError,
        "function: the default of the input x is no value of it",
        "did you mean [value]?",
    ),
    "a text as default": (
        lambda: theano.function([theano.In(a, value="one")], a),
        TypeError,
        "function: the default of the input a is no value of it",
        "give a number or an array: float(value) reads a text",
    ),
    "a list as default of a strict input": (
        lambda: theano.function([theano.In(x, value=[1.0], strict=True)], x),
        TypeError,
        "function: the default of the input x is no value of it",
        "did you mean numpy.asarray(value, 'float64')?",
    ),
    "a shared variable of another type as value": (
        lambda: theano.function([theano.In(a, value=w)], a),
        TypeError,
        "In: the value of a is a container of another type",
        "declare the variable with the type of the container",
    ),
    "an input that an output lacks": (
        lambda: theano.function([x], x + y),
        MissingInputError,
        "function: the graph depends on y, which is not among the inputs",
        "add it to inputs, or give it a value by givens",
    ),
    "an input that an update lacks": (
        lambda: theano.function([x], x, updates=[(w, w * a)]),
        MissingInputError,
        "function: the graph depends on a, which is not among the inputs",
        "add it to inputs, or give it a value by givens",
    ),
    "an input that a given lacks": (
        lambda: theano.function([], x, givens={x: y}),
        MissingInputError,
        "function: the graph depends on y, which is not among the inputs",
        "add it to inputs, or give it a value by givens",
    ),
    "an input that an update of an input lacks": (
        lambda: theano.function([theano.In(a, value=1.0, update=a + b)], a),
        MissingInputError,
        "function: the graph depends on b, which is not among the inputs",
        "add it to inputs, or give it a value by givens",
    ),
    "an input that nothing uses": (
        lambda: theano.function([x, y], x),
        UnusedInputError,
        "function: input y is not used to compute the outputs or updates",
        "leave it out; or pass on_unused_input='ignore' (or 'warn') if that is meant",
    ),
    "on_unused_input mistyped": (
        lambda: theano.function([x], x, on_unused_input="warm"),
        ValueError,
        "function: on_unused_input is 'raise', 'warn' or 'ignore', not 'warm'",
        "did you mean warn?",
    ),
    "a text as output": (
        lambda: theano.function([x], "x"),
        TypeError,
        "function: output, 'x', is not a symbolic variable",
        "outputs is a variable, a list or dictionary of variables, or None",
    ),
    "None among the outputs": (
        lambda: theano.function([x], [x, None]),
        TypeError,
        "function: output 1, None, is not a symbolic variable",
        "outputs is a variable, a list or dictionary of variables, or None",
    ),
    "numbers as keys of outputs": (
        lambda: theano.function([x], {0: x}),
        TypeError,
        "function: the keys of an outputs dict must be strings, not 0",
        "results come in the order of the sorted keys; use str(key), or a list of outputs",
    ),
    "None in a dictionary of outputs": (
        lambda: theano.function([x], {"y": None}),
        TypeError,
        "function: output 'y', None, is not a symbolic variable",
        "outputs is a variable, a list or dictionary of variables, or None",
    ),
    "a Python function as output": (
        lambda: theano.function([x], lambda z: z),
        TypeError,
        "function: output, <function <lambda>.<locals>.<lambda>",
        "outputs is a variable, a list or dictionary of variables, or None",
    ),
    "Out of a text": (
        lambda: theano.Out("x"),
        TypeError,
        "Out: 'x' is not a symbolic variable",
        "an output is a variable, a number or an array",
    ),
    "a compiled function as output": (
        lambda: theano.function([x], step),
        TypeError,
        "function: output, <theano function step(x, b, total)>, is not a symbolic variable",
        "outputs is a variable, a list or dictionary of variables, or None",
    ),
    "a truth value as output": (
        lambda: theano.function([x], True),
        TypeError,
        "function: output, True, is not a symbolic variable",
        "outputs is a variable, a list or dictionary of variables, or None",
    ),
    "a cycle": (cyc, InconsistencyError, "the graph has a cycle", "Elemwise{add,no_inplace}  test_misuse_of_function.py"),
    "an update of an input": (
        lambda: theano.function([x], updates=[(x, x + 1)]),
        TypeError,
        "function: only a shared variable can be updated, not x",
        "make it by theano.shared, or declare an input with In(x, value=..., update=...)",
    ),
    "an update of an expression": (
        lambda: theano.function([], updates=[(w * 2, w)]),
        TypeError,
        "function: only a shared variable can be updated, not Elemwise{mul,no_inplace}.0",
        "make it by theano.shared, or declare an input with In(x, value=..., update=...)",
    ),
    "an update of a part": (
        lambda: theano.function([], updates=[(w[0], 1.0)]),
        TypeError,
        "function: only a shared variable can be updated, not Subtensor{int64}.0",
        "update the whole of it: (w, T.set_subtensor(w[...], value))",
    ),
    "an update of a name": (
        lambda: theano.function([], updates=[("w", w)]),
        TypeError,
        "function: only a shared variable can be updated, not 'w'",
        "make it by theano.shared, or declare an input with In(x, value=..., update=...)",
    ),
    "a triple as update": (
        lambda: theano.function([], updates=[(w, w, w)]),
        ValueError,
        "function: an update must be a pair (shared variable, expression), not (w, w, w)",
        "write {variable: new}, or [(variable, new)]",
    ),
    "a number for the updates": (
        lambda: theano.function([], updates=3),
        TypeError,
        "function: updates must be a dictionary or a list of pairs, not 3",
        "write {variable: new}, or [(variable, new)]",
    ),
    "a shared variable for the updates": (
        lambda: theano.function([], updates=w),
        TypeError,
        "function: updates must be a dictionary or a list of pairs, not w",
        "write {variable: new}, or [(variable, new)]",
    ),
    "one pair for the list of updates": (
        lambda: theano.function([], updates=(w, w + 1)),
        ValueError,
        "function: an update must be a pair (shared variable, expression), not w",
        "write {variable: new}, or [(variable, new)]",
    ),
    "two updates of one variable": (
        lambda: theano.function([], updates=[(w, w + 1), (w, w + 2)]),
        ValueError,
        "function: two updates of the shared variable w; give one expression for it",
        None,
    ),
    "an update of a variable and one of its clone": (
        lambda: theano.function([], updates=[(w, w + 1), (w.clone(), w + 2)]),
        ValueError,
        "function: two updates of the shared variable w; give one expression for it",
        None,
    ),
    "an update of another dtype": (
        lambda: theano.function([], updates=[(c, T.cast(c, "float64") * 1.1)]),
        TypeError,
        "function: the update of c has type TensorType(float64, scalar), the shared variable TensorType(float32, scalar",
        "cast the expression (T.cast, .astype) or, for broadcastable axes, use T.patternbroadcast",
    ),
    "a quotient as update of an integer": (
        lambda: theano.function([], updates=[(n, n / 2)]),
        TypeError,
        "function: the update of n has type TensorType(float64, scalar), the shared variable TensorType(int64, scalar);",
        "cast the expression (T.cast, .astype) or, for broadcastable axes, use T.patternbroadcast",
    ),
    "an update of another rank": (
        lambda: theano.function([], updates=[(w, w.sum())]),
        TypeError,
        "function: the update of w has type TensorType(float64, scalar), the shared variable TensorType(float64, vector",
        "cast the expression (T.cast, .astype) or, for broadcastable axes, use T.patternbroadcast",
    ),
    "an update of another pattern": (
        lambda: theano.function([], updates=[(flat, T.unbroadcast(flat, 0))]),
        TypeError,
        "function: the update of flat has type TensorType(float64, matrix), the shared variable TensorType(float64, row",
        "cast the expression (T.cast, .astype) or, for broadcastable axes, use T.patternbroadcast",
    ),
    "a number of another dtype as update": (
        lambda: theano.function([], updates=[(c, np.float64(1.1))]),
        TypeError,
        "function: the value for the update of c is none of type TensorType(float32, scalar)",
        "did you mean allow_downcast=True?",
    ),
    "an array of another rank as update": (
        lambda: theano.function([], updates=[(w, WIDE)]),
        TypeError,
        "function: the value for the update of w is none of type TensorType(float64, vector)",
        "take a part of it, such as value[0], or reshape it",
    ),
    "None as update": (
        lambda: theano.function([], updates=[(w, None)]),
        TypeError,
        "function: the value for the update of w is none of type TensorType(float64, vector)",
        "leave the pair out to keep the value",
    ),
    "a text as update": (
        lambda: theano.function([], updates=[(w, "w+1")]),
        TypeError,
        "function: the value for the update of w is none of type TensorType(float64, vector)",
        "give a number or an array: float(value) reads a text",
    ),
    "a list of variables as update": (
        lambda: theano.function([a], updates=[(w, [a, a, a])]),
        TypeError,
        "function: the value for the update of w is none of type TensorType(float64, vector)",
        "did you mean theano.tensor.stack(value)?",
    ),
    "a Python function as update": (
        lambda: theano.function([], updates=[(w, lambda old: old + 1)]),
        TypeError,
        "function: the value for the update of w is none of type TensorType(float64, vector)",
        "did you mean to call it?",
    ),
    "a default update of another dtype": (
        wrong_default,
        TypeError,
        "function: the update of s32 has type TensorType(float64, vector), the shared variable TensorType(float32, vect",
        "cast the expression (T.cast, .astype) or, for broadcastable axes, use T.patternbroadcast",
    ),
    "no_default_updates with an input in it": (
        lambda: theano.function([x], x, no_default_updates=[x]),
        TypeError,
        "function: no_default_updates is True, False or a list of shared variables; x is none",
        "list the shared variables whose default_update is not to be used",
    ),
    "no_default_updates as a text": (
        lambda: theano.function([x], x, no_default_updates="yes"),
        TypeError,
        "function: no_default_updates is True, False or a list of shared variables, not 'yes'",
        "list the shared variables whose default_update is not to be used",
    ),
    "a name replaced by givens": (
        lambda: theano.function([x], x, givens={"x": 1.0}),
        TypeError,
        "function: the first of each pair of givens must be a variable, not 'x'",
        "use the variable itself as the key, not its name or value",
    ),
    "two givens of one variable": (
        lambda: theano.function([], a, givens=[(a, 1.0), (a, 2.0)]),
        ValueError,
        "function: two givens for the variable a; give one value for it",
        None,
    ),
    "a given of an input": (
        lambda: theano.function([a], a, givens={a: 2.0}),
        ReplacedInputError,
        "function: a is an input, it cannot be among givens, too",
        "give its value by the argument of calls; or declare another input y, and givens=[(x, an expression of y)]",
    ),
    "a given of another dtype": (
        lambda: theano.function([], f32, givens={f32: x}),
        TypeError,
        "function: the given for f32 has type TensorType(float64, vector), which does not fit TensorType(float32, vector)",
        "cast it (T.cast, T.patternbroadcast), or pass rebuild_strict=False to build the graph anew with other types",
    ),
    "a given of another rank": (
        lambda: theano.function([], x, givens={x: m}),
        TypeError,
        "function: the given for x has type TensorType(float64, matrix), which does not fit TensorType(float64, vector)",
        "cast it (T.cast, T.patternbroadcast), or pass rebuild_strict=False to build the graph anew with other types",
    ),
    "a given number that would lose digits": (
        lambda: theano.function([], k * 1, givens={k: 1.5}),
        TypeError,
        "function: the given for k is no value of it",
        "did you mean allow_downcast=True?",
    ),
    "a given text": (
        lambda: theano.function([], x, givens={x: "text"}),
        TypeError,
        "function: the given for x is no value of it",
        "give a number or an array: float(value) reads a text",
    ),
    "None as a given": (
        lambda: theano.function([], x, givens={x: None}),
        TypeError,
        "function: the given for x is no value of it",
        "give an array; an argument that has a default may be left out",
    ),
    "a variable among the givens": (
        lambda: theano.function([], x, givens=[x]),
        ValueError,
        "function: a given must be a pair (variable, what replaces it), not x",
        "write {variable: new}, or [(variable, new)]",
    ),
    "a variable for the givens": (
        lambda: theano.function([], x, givens=x),
        TypeError,
        "function: givens must be a dictionary or a list of pairs, not x",
        "write {variable: new}, or [(variable, new)]",
    ),
    "an operation in place": (
        lambda: theano.function([x], T.inplace.exp_inplace(x)),
        TypeError,
        "function: Elemwise{exp}[(0, 0)] works in place, which a graph may not do unless accept_inplace=True is passed",
        "use the operation that makes a new result: the compiled function works in place where that is safe",
    ),
    "a number as name": (
        lambda: theano.function([x], x, name=3),
        TypeError,
        "function: name must be a string, not 3; inputs and outputs come first, the name is a keyword",
        None,
    ),
    "allow_input_downcast as a text": (
        lambda: theano.function([x], x, allow_input_downcast="no"),
        TypeError,
        "function: allow_input_downcast is True, False or None, not 'no'",
        None,
    ),
    "an unknown argument": (
        lambda: theano.function([x], x, update=[(w, w)]),
        TypeError,
        "function() got an unexpected keyword argument 'update'",
        None,
    ),
}
"""Name -> what is done, the class of the error, how its message begins, and what its last line says: the cure."""


@pytest.mark.parametrize("name", CASES)
def test_misuse(name):
    refused(*CASES[name])
