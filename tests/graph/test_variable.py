"""Variables, constants, Apply: classic manners."""

import copy
import pickle
import re

import pytest

from tests.graph.ops import add, constant, divmod_, neg, number, other
from theano.errors import TestValueError, VariableTypeError
from theano.flags import change_flags
from theano.graph import Apply, Constant, Op, Variable, generic, get_test_value, nodes_constructed


def test_equality_is_identity():
    x, y = number("x"), number("x")
    assert x == x
    assert x != y
    assert len({x, y, x}) == 2


def test_any_attribute_and_tags():
    x = number("x")
    x.anything, x.tag.note = 1, "a"
    y = x.clone()
    assert (y.name, y.tag.note, y.owner) == ("x", "a", None)
    assert not hasattr(y, "anything")
    y.tag.note = "b"
    assert x.tag.note == "a"
    with pytest.raises(AttributeError):
        _ = x.tag.absent
    assert copy.copy(x).anything == 1


def test_each_has_a_name_of_its_own():
    x, c = number("x"), constant(3)
    assert re.fullmatch(r"auto_\d+", x.auto_name) and x.auto_name == x.auto_name
    kin = [x, c, x.clone(), copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x)), c.clone(), Constant(number, 3)]
    assert len({v.auto_name for v in kin}) == len(kin)


def test_texts():
    x, y = number("x"), number()
    pair = divmod_(x, y)
    assert [str(v) for v in (x, y, add(x, y), *pair)] == ["x", "<NumberType{kind='real'}>", "Add.0", "DivMod.0", "DivMod.1"]
    assert repr(x) == "x"
    assert str(constant(3)) == "Constant{3}"
    assert str(constant(1234567890123456789012345)) == "Constant{1234567890...6789012345}"
    assert str(Constant(number, 3, name="three")) == "three"
    assert str(add(x, add(x, x)).owner) == "Add(x, Add.0)"


def test_default_output_is_written_out():
    class Main(Op):
        default_output = 1

        def make_node(self, x):
            return Apply(self, [x], [number(), number()])

    main = Main()(number("x"))
    assert str(main) == "Main.out"
    assert main.index == 1
    assert main.owner.out is main


def test_repr_with_test_value():
    x = number("x")
    x.tag.test_value = 3
    with change_flags(print_test_value=True):
        assert repr(x) == "x\n3"
        assert repr(number("y")) == "y"
    assert x.__repr_test_value__() == "3"
    with pytest.raises(AttributeError, match="y has no test value"):
        number("y").__repr_test_value__()


def test_construction_is_observed():
    seen = []
    Variable.append_construction_observer(seen.append)
    try:
        x = number("x")
        z = neg(x)
        c = constant(3)
        assert seen == [x, z, c]
        Variable.notify_construction_observers("told")
        assert seen.pop() == "told"
        with nodes_constructed() as made:
            y = number("y")
        assert made == [y] and seen[-1] is y
    finally:
        Variable.remove_construction_observer(seen.append)
    number("unseen")
    assert len(seen) == 4
    with pytest.raises(ValueError, match="observes no constructions"):
        Variable.remove_construction_observer(seen.append)
    with pytest.raises(TypeError, match="cannot be called"):
        type(x).append_construction_observer(3)


def test_names_are_texts():
    with pytest.raises(TypeError, match="name"):
        number(3)


def test_constants():
    c = Constant(number, "2.5")
    assert c.data == c.value == 2.5
    assert c.equals(Constant(number, 2.5))
    assert not c.equals(Constant(other, 2.5))
    assert not c.equals(2.5)
    c.tag.note = 1
    d = c.clone()
    assert (d.data, d.tag.note) == (2.5, 1)
    assert d is not c


def test_parents():
    x = number("x")
    y = neg(x)
    assert (x.get_parents(), y.get_parents(), y.owner.get_parents()) == ([], [y.owner], [x])


class TestApply:
    def test_outputs_belong_to_it(self):
        x, out = number("x"), number()
        node = Apply(add, [x], [out])
        assert (out.owner, out.index, node.nin, node.nout) == (node, 0, 1, 1)
        with pytest.raises(ValueError, match="already is an output"):
            Apply(add, [x], [out])
        with pytest.raises(ValueError, match="already is an output"):
            Apply(divmod_, [x], [out2 := number(), out2])

    @pytest.mark.parametrize(("inputs", "outputs"), [([1], []), ([], [1]), (iter([]), []), ([], None)])
    def test_what_is_no_variable_is_refused(self, inputs, outputs):
        with pytest.raises(VariableTypeError):
            Apply(add, inputs, outputs)

    def test_the_message_names_the_place(self):
        with pytest.raises(TypeError, match="Add: input 1 of the node is not a Variable\n  input  3  int"):
            Apply(add, [number("x"), 3], [number()])

    def test_default_output(self):
        with pytest.raises(AttributeError, match="2 outputs and no default_output"):
            _ = divmod_(number(), number())[0].owner.out

    def test_clone(self):
        x = number("x")
        y = add(x, x)
        y.name, y.tag.note, y.owner.tag.note = "y", 1, 2
        node = y.owner.clone()
        assert (node.op, node.inputs, node.out.name, node.out.tag.note, node.tag.note) == (add, [x, x], "y", 1, 2)
        assert node.out is not y
        assert node.origin is y.owner.origin

    def test_clone_with_new_inputs(self):
        x, y, z = number("x"), number("y"), other("z")
        node = add(x, x).owner
        node.out.name = "sum"
        assert node.clone_with_new_inputs([x, y]).inputs == [x, y]
        with pytest.raises(TypeError, match="cannot be made of"):
            node.clone_with_new_inputs([z, z])
        remade = node.clone_with_new_inputs([z, z], strict=False)
        assert (remade.out.type, remade.out.name) == (other, "sum")
        with pytest.raises(ValueError, match="2 inputs here, not 1"):
            node.clone_with_new_inputs([x])

    def test_knowledge_is_dropped_where_it_may_not_hold(self):
        class Known(Variable):
            size = None

            def knows_no_more_than(self, other):
                return self.size in (None, other.size)

            def forget(self):
                self.size = None

            def clone(self):
                new = super().clone()
                new.size = self.size
                return new

        x, same, unknown = (Known(number) for _ in range(3))
        x.size = same.size = 3
        out = Known(number)
        out.size = 9
        node = Apply(add, [x], [out])
        assert node.clone_with_new_inputs([same]).out.size == 9
        assert node.clone_with_new_inputs([unknown]).out.size is None
        assert out.size == 9


class TestEval:
    @pytest.fixture
    def compiled(self, monkeypatch):
        """A stand-in for theano.function that counts."""
        import theano

        calls = []

        def function(inputs, output):
            calls.append(inputs)
            return lambda *values: dict(zip(inputs, values))

        monkeypatch.setattr(theano, "function", function, raising=False)
        return calls

    def test_one_function_for_each_set_of_keys(self, compiled):
        x, y = number("x"), number("y")
        z = add(x, y)
        assert z.eval({x: 1, y: 2}) == {x: 1, y: 2}
        assert z.eval({y: 4, x: 3}) == {x: 3, y: 4}
        assert len(compiled) == 1
        z.eval({x: 3})
        z.eval()
        assert len(compiled) == 3

    def test_it_is_neither_pickled_nor_copied(self, compiled):
        z = neg(number("x"))
        z.eval({})
        assert "_compiled" in vars(z)
        assert "_compiled" not in vars(copy.deepcopy(z)) | vars(copy.copy(z)) | z.__getstate__()

    def test_it_wants_a_dictionary(self):
        with pytest.raises(TypeError, match="dictionary"):
            number("x").eval(3)


class TestTestValues:
    def test_sources(self):
        x = number("x")
        x.tag.test_value = "3"
        assert [get_test_value(v) for v in (x, constant(2), 7)] == [3.0, 2, 7]
        with pytest.raises(AttributeError, match=r"set y.tag.test_value"):
            get_test_value(number("y"))
        x.tag.test_value = []
        with pytest.raises(TestValueError, match="not of its type"):
            get_test_value(x)

    def test_expressions_are_computed_while_built(self):
        x = number("x")
        x.tag.test_value = 7
        with change_flags(compute_test_value="raise"):
            quotient, rest = divmod_(x, constant(2))
            assert (get_test_value(quotient), get_test_value(add(quotient, rest))) == (3, 4)
            with pytest.raises(TestValueError):
                add(x, number("y"))
        with change_flags(compute_test_value="warn"), pytest.warns(UserWarning, match="input 1 .y. of Add(.|\\n)*y has no test value"):
            add(x, number("y"))
        with change_flags(compute_test_value="ignore"):
            assert not hasattr(add(x, number("y")).tag, "test_value")

    def test_values_survive_ops_in_place(self):
        class Clear(Op):
            destroy_map = {0: [0]}

            def make_node(self, x):
                return Apply(self, [x], [generic()])

            def perform(self, node, inputs, output_storage):
                inputs[0].clear()
                output_storage[0][0] = inputs[0]

        x = generic("x")
        x.tag.test_value = [1]
        with change_flags(compute_test_value="raise"):
            assert get_test_value(Clear()(x)) == []
        assert x.tag.test_value == [1]
