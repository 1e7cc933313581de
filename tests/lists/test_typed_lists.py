"""Lists as values: Python's own lists say what each operation gives; nothing aliases, nothing is half done."""

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
import theano.typed_list as lists
from tests.errors.telling import rows, told
from theano.compile import SharedVariable
from theano.errors import BoundsError, NullTypeGradError, VariableTypeError
from theano.graph import equal_computations
from theano.lists import TypedListSharedVariable
from theano.typed_list import TypedListConstant, TypedListType, TypedListVariable, make_list

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
VECTORS = TypedListType(T.dvector)
NUMBERS = TypedListType(T.lscalar)
a, b = VECTORS("a"), VECTORS("b")
n = NUMBERS("n")
x, y = T.dvectors("x", "y")
k = T.lscalar("k")
V = [np.array([1.0, 2.0]), np.array([3.0]), np.array([])]


def same(found, wanted):
    """Whether two lists hold equal arrays of one dtype."""
    return len(found) == len(wanted) and all(
        np.array_equal(f, w, equal_nan=True) and f.dtype == np.asarray(w).dtype for f, w in zip(found, wanted)
    )


# ------------------------------------------------------------------------------------------------ operations


@pytest.mark.parametrize("mode", MODES)
def test_operations_are_those_of_lists(mode):
    e = n.type.ttype("e")
    outputs = [n.append(e), n.extend(n), n.insert(k, e), n.remove(e), n.reverse(), n.count(e), lists.length(n), n[k:], n[:-1:2], n[::-1]]
    f = theano.function([n, k, e], outputs, mode=mode)
    for given in ([], [3], [1, 2, 3, 2, 1]):
        for place in (-7, -1, 0, 2, 9):
            for entry in (1, 2, 8):
                without = list(given)
                if entry in given:
                    without.remove(entry)
                inserted = list(given)
                inserted.insert(place, entry)
                wanted = [[*given, entry], given + given, inserted, without, given[::-1], given.count(entry), len(given)]
                wanted += [given[place:], given[:-1:2], given[::-1]]
                found = f(given, place, entry)
                assert [list(map(int, r)) if isinstance(r, list) else int(r) for r in found] == wanted


@pytest.mark.parametrize("mode", MODES)
def test_entries_and_where_they_are(mode):
    f = theano.function([n, k], [n[k], n.ind(n[k])], mode=mode)
    for place, value, first in [(0, 5, 0), (2, 5, 0), (-1, 7, 3), (1, 6, 1)]:
        found = f([5, 6, 5, 7], place)
        assert [int(r) for r in found] == [value, first]
        assert found[0].dtype == found[1].dtype == "int64" and found[0].shape == ()


def test_entries_go_on_to_native_code():
    f = theano.function([a, x, k], [(a[k] * 2 + x).sum(), a.append(T.exp(x))[-1] - 1, lists.length(a) + 1])
    found = f([[1, 2], [3, 4], [5]], [10, 20], 1)
    assert found[0] == 44 and found[2] == 4
    np.testing.assert_allclose(found[1], np.expm1([10, 20]))
    with pytest.raises(ValueError, match="sizes"):
        f([[1, 2], [3, 4], [5]], [10, 20], 2)


def test_equality_of_entries_is_that_of_their_type():
    f = theano.function([a, x], [a.count(x), a.remove(x)])
    count, rest = f([[1], [1, 1], [1], [np.nan]], [1])
    assert count == 2 and same(rest, [np.array([1.0, 1]), np.array([1.0]), np.array([np.nan])])


@pytest.mark.parametrize("depth", [1, 2])
def test_lists_of_lists(depth):
    kind = TypedListType(T.lscalar, depth)
    assert (kind.get_depth(), kind.ttype) == (depth, TypedListType(T.lscalar, depth - 1))
    deep = kind("deep")
    f = theano.function([deep], [deep[0], deep.append(deep[-1]), deep.count(deep[0]), lists.length(deep[0])])
    value = [[1, 2], [3], [1, 2]] if depth == 1 else [[[1], [2]], [[]], [[1], [2]]]
    first, longer, count, length = f(value)
    assert plain(first) == value[0] and plain(longer) == [*value, value[-1]] and (count, length) == (2, 2)


def plain(value):
    return [plain(entry) for entry in value] if isinstance(value, list) else int(value)


def test_lists_are_made_of_variables_and_numbers():
    made = make_list([x, x * 2, T.constant(np.array([1.0, 2]))])
    assert made.type == VECTORS and isinstance(made, TypedListVariable)
    assert same(made.eval({x: [3]}), [[3.0], [6.0], [1.0, 2.0]])
    assert same(make_list((np.int8(1), np.int8(2))).eval(), [np.int8(1), np.int8(2)])
    assert make_list([a, b]).type == TypedListType(T.dvector, 1)


def test_in_place_a_function_copies_what_is_not_its_own():
    mode = theano.get_mode("FAST_RUN")
    results = [lists.Append(inplace=True)(a, x), lists.Reverse(True)(a), lists.Extend(True)(a, b), lists.Insert(True)(a, 0, x)]
    f = theano.function([a, b, x], [*results, lists.Remove(True)(a, x)], mode=mode, accept_inplace=True)
    given = [np.array([1.0]), np.array([2.0])]
    found = f(given, [[9]], [2])
    assert same(given, [[1.0], [2.0]])
    for got, wanted in zip(found, [[1, 2, 2], [2, 1], [1, 2, 9], [2, 1, 2], [1]], strict=True):
        assert same(got, [[float(w)] for w in wanted])
    assert lists.Append(True) != lists.append and lists.Append() == lists.append


# ------------------------------------------------------------------------------------------------ what shares memory


def arrays_in(value):
    return [array for entry in value for array in arrays_in(entry)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("mode", MODES)
def test_results_share_nothing_with_arguments_or_one_another(mode):
    outputs = [a, a.append(x), a.reverse(), a[:1], a[0], make_list([x, a[0]]), a.extend(b), a.insert(0, x), a.remove(x), x]
    f = theano.function([a, b, x], outputs, mode=mode)
    given = [[np.array([1.0, 2]), np.array([3.0])], [np.array([4.0])], np.array([5.0])]
    before = copy.deepcopy(given)
    results = f(*given)
    several = [arrays_in(value) for value in [*given, *results]]
    for position, group in enumerate(several):
        others = [array for other in several[:position] for array in other]
        assert not any(np.shares_memory(array, other) for array in group for other in others)
    for array in arrays_in(results):
        array[...] = -1
    assert all(same(arrays_in(value), arrays_in(old)) for value, old in zip(given, before, strict=True))


# ------------------------------------------------------------------------------------------------ functions


def test_inputs_have_defaults_and_shared_lists_are_updated():
    s = TypedListSharedVariable("s", VECTORS, [[1, 2]], strict=False)
    f = theano.function([x, theano.In(a, value=[[7]])], [s[0].sum(), lists.length(s)], updates=[(s, s.extend(a).append(x))])
    assert f([3]) == [3, 1]
    assert f([4], [[5, 6]]) == [3, 3]
    assert same(s.get_value(), [[1.0, 2], [7.0], [3.0], [5.0, 6], [4.0]])
    s.get_value()[0][0] = 100
    assert same(s.get_value()[:1], [[1.0, 2]])
    s.set_value([])
    with pytest.raises(IndexError):
        f([1])
    assert s.get_value() == []


def test_a_shared_variable_of_the_plain_class_does_as_well():
    s = SharedVariable("s", NUMBERS, [1], strict=False)
    f = theano.function([k], lists.length(s), updates={s: lists.append(s, k)})
    assert [int(f(5)), int(f(6))] == [1, 2] and list(map(int, s.get_value())) == [1, 5, 6]


@pytest.mark.parametrize("mode", MODES)
def test_what_updates_store_shares_nothing(mode):
    s, r = (TypedListSharedVariable(name, VECTORS, [[1], [2]], strict=False) for name in "sr")
    f = theano.function([x], [s, s.reverse()], updates=[(s, s.append(x)), (r, s[:1].append(x))], mode=mode)
    g = theano.function([x], updates=[(s, r), (r, s.append(x))], mode=mode)
    value, seen = np.array([9.0]), []
    for call in (f, g, f, g):
        seen += [array for several in call(value) or [] for array in several]
        held = [s.get_value(borrow=True), r.get_value(borrow=True)]
        several = [*held[0], *held[1], *seen, value]
        assert not any(np.shares_memory(first, other) for k, first in enumerate(several) for other in several[:k])
    assert [[v[0] for v in entries] for entries in held] == [[1, 9], [1, 9, 9, 9]]


def test_an_update_that_fails_changes_nothing():
    s = TypedListSharedVariable("s", NUMBERS, [1, 2], strict=False)
    w = theano.shared(0)
    f = theano.function([k], n[k], updates=[(s, s.append(k)), (w, w + 1)], givens={n: s})
    with pytest.raises(BoundsError, match="index 2 of a list of 2"):
        f(2)
    assert list(map(int, s.get_value())) == [1, 2] and w.get_value() == 0
    assert f(1) == 2
    assert list(map(int, s.get_value())) == [1, 2, 1] and w.get_value() == 1


def test_givens_pickles_and_copies():
    f = theano.function([a], theano.clone(a.append([1.0, 2])[0], {a: a.reverse()}))
    for again in (f, f.copy(), pickle.loads(pickle.dumps(f)), copy.deepcopy(f)):
        assert same([again([[1], [2, 3]])], [[2.0, 3.0]])
    kind, variable, known = pickle.loads(pickle.dumps((VECTORS, a, VECTORS.make_constant([[1]]))))
    assert kind == variable.type == VECTORS and hash(kind) == hash(VECTORS) and known.equals(VECTORS.make_constant([[1.0]]))


def test_equal_constants_are_equal():
    first, second, third = (VECTORS.make_constant(v) for v in ([[1], [2, 3]], [[1], [2, 3]], [[1], [2, 4]]))
    assert isinstance(first, TypedListConstant) and first.equals(second) and not first.equals(third)
    assert equal_computations([first.append(x)], [second.append(x)])
    assert not equal_computations([first.append(x)], [third.append(x)])
    f = theano.function([x], [first.append(x), second.append(x), third.append(x)])
    assert [[v.tolist() for v in found] for found in f([9])] == [[[1], [2, 3], [9]], [[1], [2, 3], [9]], [[1], [2, 4], [9]]]


def test_an_explanation_says_that_they_are_python_steps():
    f = theano.function([a, x], lists.length(a.append(x)))
    assert "Python: Append{inplace=False} runs its perform" in f.explain()
    assert "Python: Length runs its perform" in f.explain()


# ------------------------------------------------------------------------------------------------ types and derivatives


def test_values_of_the_type():
    assert same(VECTORS.filter(([1], np.array([2.0]))), [[1.0], [2.0]])
    assert same(VECTORS.filter(np.ones((2, 3))), [[1.0] * 3] * 2)
    assert VECTORS.is_valid_value(V) and not VECTORS.is_valid_value([[1.0]]) and not VECTORS.is_valid_value(tuple(V))
    assert VECTORS.values_eq(V, list(V)) and not VECTORS.values_eq(V, V[:2]) and not VECTORS.values_eq(V, V[::-1])
    nearly = [v * (1 + 1e-13) for v in V]
    assert VECTORS.values_eq_approx(V, nearly) and not VECTORS.values_eq(V, nearly)
    assert TypedListType(T.fvector) != VECTORS and {VECTORS: 1}[TypedListType(T.dvector)] == 1
    assert str(VECTORS) == "TypedList <TensorType(float64, vector)>"
    assert VECTORS.filter(V, strict=True) == V
    with pytest.raises(TypeError, match="entry 1 of the list"):
        VECTORS.filter([V[0], [1.0]], strict=True)
    with pytest.raises(TypeError, match="a list is needed, not a tuple"):
        VECTORS.filter(tuple(V), strict=True)


def test_sharing_of_values_is_seen_at_any_depth():
    deep = TypedListType(T.dvector, 1)
    assert VECTORS.may_share_memory(V, [V[1][:]]) and VECTORS.may_share_memory(V, V[0]) and VECTORS.may_share_memory(V[0], V)
    assert not VECTORS.may_share_memory(V, [np.ones(2)])
    assert deep.may_share_memory([V], [[np.ones(1)], [V[0][1:]]]) and not deep.may_share_memory([V], [[np.ones(1)]])
    assert not deep.may_share_memory([V], 3)


def test_variables():
    assert (a.ttype, a.dtype, a.ndim, bool(a)) == (T.dvector, "float64", 2, True)
    assert len({a: 1, b: 2}) == 2 and a != b
    assert a[1].type == T.dvector and a[1:].type == VECTORS and a[T.iscalar()].type == T.dvector


def test_derivatives():
    with pytest.raises(NullTypeGradError, match="no gradient goes through a typed list"):
        T.grad(make_list([x, y])[0].sum(), x)
    cost = (x * lists.length(make_list([x, x]))).sum()
    np.testing.assert_array_equal(T.grad(cost, x).eval({x: [1, 2]}), [2, 2])
    counted = (x * a.count(x) * n.ind(1)).sum()
    np.testing.assert_array_equal(T.grad(counted, x).eval({x: [1, 2], a: [[1, 2], [1, 2]], n: [0, 0, 0, 1]}), [6, 6])


def test_in_loops_branches_and_graphs_as_operations():
    sums, _ = theano.scan(lambda i, v: (a[i] * v).sum(), T.arange(lists.length(a)), non_sequences=x)
    f = theano.function([a, x], [sums, T.grad(sums.sum(), x)])
    assert [v.tolist() for v in f([[1, 2], [3, 4]], [1, 10])] == [[21, 43], [4, 6]]
    g = theano.function([a, x], theano.ifelse.ifelse(x[0] > 0, a.append(x), a[5:]))
    assert same(g([[1]], [2]), [[1.0], [2.0]]) and g([[1]], [0]) == []
    longer, first = theano.OpFromGraph([a, x], [a.append(x), a[0]])(a, x)
    assert [v.tolist() for v in longer.eval({a: [[1]], x: [2]})] == [[1], [2]] and first.shape.eval({a: [[1, 2]], x: [3]}) == [2]


@pytest.mark.parametrize("mode", ["DebugMode", theano.compile.NanGuardMode(True, True, True), theano.Mode(linker="py")])
def test_in_modes_that_run_node_by_node(mode):
    f = theano.function([a, x], [a.append(x), a[0] * 2, a.reverse(), make_list([x])], mode=mode)
    given = [[np.array([1.0])], np.array([2.0])]
    found = f(*given)
    assert [[v.tolist() for v in r] for r in (found[0], found[2], found[3])] == [[[1], [2]], [[1]], [[2]]] and found[1] == [2]
    several = arrays_in([found, given])
    assert not any(np.shares_memory(first, other) for k, first in enumerate(several) for other in several[:k])


def test_test_values():
    with theano.config.change_flags(compute_test_value="raise"):
        rows_, entry = VECTORS("rows"), T.dvector("entry")
        rows_.tag.test_value, entry.tag.test_value = [np.ones(2)], np.ones(1)
        assert same(rows_.append(entry).tag.test_value, [[1.0, 1.0], [1.0]])


# ------------------------------------------------------------------------------------------------ misuse

REFUSED = {
    "no list": (lambda: lists.append(x, x), "append: a typed list is needed", "make_list([x, y]) a list of variables"),
    "no variable": (lambda: lists.length([1, 2]), "length: a typed list is needed", "make_list([x, y])"),
    "other entry": (lambda: a.append(T.fmatrix("z")), "append: TensorType(float64, vector) is needed", "cast or patternbroadcast"),
    "no entry": (lambda: a.count("word"), "count: TensorType(float64, vector) is needed", "float(value)"),
    "other list": (lambda: a.extend(n), "extend: TypedList <TensorType(float64, vector)> is needed", "n  TypedList <TensorType(int64"),
    "index": (lambda: a["word"], "getitem: an integer of rank 0 is needed as index", "'word'"),
    "float index": (lambda: a.insert(1.5, x), "insert: an integer of rank 0 is needed as index", "1.5"),
    "vector index": (lambda: a[x], "getitem: an integer of rank 0 is needed as index", "TensorType(float64, vector)"),
    "zeros": (lambda: T.grad(x.sum(), a, disconnected_inputs="ignore"), "a is a list, for which there are no zeros", "a[0]"),
    "a sequence": (lambda: theano.scan(lambda row: row, a), "scan: a sequence must have rows", "non_sequence"),
    "a state": (lambda: theano.scan(lambda v, l: l.append(a[0]), x, [a]), "scan: only tensors are kept", "non_sequences"),
    "length": (lambda: len(a), "how long a is, is known when a function runs", "theano.typed_list.length(a)"),
    "iteration": (lambda: list(a), "a cannot be iterated over", "a[0]"),
    "variables of two types": (lambda: make_list([x, k]), "make_list: all must be of one type", "k"),
    "one variable": (lambda: make_list(x), "make_list: a list of variables is needed, not a TensorVariable", "make_list([x, y])"),
    "a variable for a type": (lambda: TypedListType(x), "TypedListType: the type of the entries is needed", "did you mean x.type?"),
    "a name for a type": (lambda: TypedListType("float64"), "TypedListType: the type of the entries is needed", "TypedListType(theano"),
    "a dictionary": (lambda: VECTORS.filter({1: 2}), "a list is needed, not a dict", "list(value.values())"),
    "a set": (lambda: VECTORS.filter({1, 2}), "a list is needed, not a set", "list(value)"),
    "a number": (lambda: VECTORS.filter(3), "a list is needed, not an int", "[value]"),
    "a number array": (lambda: VECTORS.filter(np.array(3.0)), "a list is needed, not a ndarray", "[value]"),
    "rank": (lambda: VECTORS.filter([[1], 2]), "entry 1 of the list: a value of rank 1 is needed", "[value]"),
    "precision": (lambda: TypedListType(T.fvector).filter([np.ones(2)]), "entry 0 of the list", "float32"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_misuse_tells_cause_and_cure(what):
    action, headline, cure = REFUSED[what]
    with pytest.raises(TypeError) as caught:
        action()
    first, _, rest = str(caught.value).partition("\n")
    assert first.startswith(headline) and cure in rest


def test_the_line_of_what_was_given_is_told():
    wrong = T.fmatrix("wrong")
    text, _ = told(VariableTypeError, lambda: a.append(wrong))
    assert rows(text)[0] == ["given", "wrong", "TensorType(float32, matrix)", '<wrong = T.fmatrix("wrong")>']


def test_an_argument_that_is_no_such_list():
    f = theano.function([a], lists.length(a))
    text, _ = told(TypeError, lambda: f([1, 2]))
    assert text.startswith("function: bad argument 0 for the input a, a list")
    assert rows(text)[0][:3] == ["input", "a", "TypedList <TensorType(float64, vector)>"]


@pytest.mark.parametrize("mode", MODES)
def test_what_is_not_there_is_told_when_the_function_runs(mode):
    f = theano.function([a, k], a[k], mode=mode)
    with pytest.raises(BoundsError, match="index -3 of a list of 2"):
        f([[1], [2]], -3)
    g = theano.function([a, x], a.ind(x), mode=mode)
    with pytest.raises(ValueError, match="none of the 2 entries equals"):
        g([[1], [2]], [3])


def test_values_out_of_range():
    with pytest.raises(ValueError, match="depth is -1"):
        TypedListType(T.dvector, -1)
    with pytest.raises(ValueError, match=r"(?s)an empty list.*make_constant\(\[\]\)"):
        make_list([])
    assert VECTORS.make_constant([]).append([1]).eval()[0] == [1]
