"""Calls of the public names of ``theano.gradient``, ``theano.updates`` and ``theano.misc.pkl_utils``, as those in ``calls.py``."""

GRADIENT = {
    **{f"{mark}_grad": (f"theano.gradient.{mark}_grad(u)", "U") for mark in ("disconnected", "zero", "undefined")},
    **{f"{mark}_grad_": (f"theano.gradient.{mark}_grad_(u)", "U") for mark in ("disconnected", "zero", "undefined")},
    **{name: (f"theano.gradient.{name}()(u)", "U") for name in ("ConsiderConstant", "DisconnectedGrad", "UndefinedGrad", "ZeroGrad")},
    "consider_constant": ("quietly(theano.gradient.consider_constant, u)", "U"),
    "consider_constant_": ("theano.gradient.consider_constant_(u)", "U"),
    "GradClip": ("T.grad(theano.gradient.GradClip(-1, 2)(v).sum() * 5, v)", "np.full(3, 2)"),
    "GradScale": ("T.grad(theano.gradient.GradScale(3)(v).sum(), v)", "np.full(3, 3)"),
    "grad_clip": ("T.grad((theano.gradient.grad_clip(v, -1, 5) ** 2).sum(), v)", "np.clip(2 * V, -1, 5)"),
    "grad_scale": ("T.grad((theano.gradient.grad_scale(v, 0.5) ** 2).sum(), v)", "V"),
    "grad_undefined": ("theano.gradient.grad_undefined('f', 0, u, 'so').type.why_null.endswith('undefined. so')", "True"),
    "grad_not_implemented": ("theano.gradient.grad_not_implemented('f', 0, u).type.why_null.endswith('not implemented.')", "True"),
    "grad": ("theano.gradient.grad((u * v).sum(), [u, v])", "[V, U]"),
    "Rop": ("theano.gradient.Rop(u * v, u, v)", "V * V"),
    "Lop": ("theano.gradient.Lop(u * v, u, v)", "V * V"),
    "jacobian": ("theano.gradient.jacobian(u * v, u)", "np.diag(V)"),
    "hessian": ("theano.gradient.hessian((v ** 3).sum(), v)", "np.diag(6 * V)"),
    "subgraph_grad": ("theano.gradient.subgraph_grad([u], [v], cost=(u * v).sum())[1]", "[U]"),
    "format_as": ("theano.gradient.format_as(False, True, [1, 2])", "(1, 2)"),
    "verify_grad": ("theano.gradient.verify_grad(lambda x: x ** 2, [V], rng=np.random.RandomState(0))", "None"),
    "numeric_grad": ("theano.gradient.numeric_grad(lambda x: (x ** 2).sum(), V).gf", "2 * V"),
    "numeric_grad.abs_rel_err": ("list(theano.gradient.numeric_grad.abs_rel_err(V, 3 * V))", "[2 * V, np.full(3, 0.5)]"),
    "numeric_grad.abs_rel_errors": ("theano.gradient.numeric_grad(np.sum, V).abs_rel_errors([np.full(3, 2.0)])[0][0]", "np.ones(3)"),
    "numeric_grad.max_err": ("theano.gradient.numeric_grad(np.sum, V).max_err([np.array([1, 1, 3.0])], 1e-4, 1e-4)[:2]", "(0, 2)"),
    "GradientError": (
        "refusal(theano.gradient.verify_grad, T.floor, [V], 1, np.random.RandomState(0)) is theano.gradient.GradientError",
        "True",
    ),
    "DisconnectedInputError": ("refusal(T.grad, u.sum(), v) is theano.gradient.DisconnectedInputError", "True"),
    "NullTypeGradError": ("refusal(T.grad, theano.gradient.undefined_grad(u).sum(), u) is theano.gradient.NullTypeGradError", "True"),
    "DisconnectedType": ("theano.gradient.DisconnectedType() == theano.gradient.disconnected_type", "True"),
    "DisconnectedType.filter": ("refusal(theano.gradient.DisconnectedType().filter, 3) is ValueError", "True"),
    "DisconnectedType.fiter_variable": ("refusal(theano.gradient.DisconnectedType().fiter_variable, u) is ValueError", "True"),
    "DisconnectedType.may_share_memory": ("theano.gradient.DisconnectedType().may_share_memory(U, U)", "False"),
    "DisconnectedType.value_eq": ("refusal(theano.gradient.DisconnectedType().value_eq, 1, 1) is ValueError", "True"),
}

UPDATES = {
    "OrderedUpdates": ("list(theano.updates.OrderedUpdates([(w, 1)]))[0].name", "'w'"),
    "OrderedUpdates.__setitem__": ("theano.updates.OrderedUpdates.__setitem__(theano.updates.OrderedUpdates(), w, 1)", "None"),
    "OrderedUpdates.update": ("theano.updates.OrderedUpdates({w: 1}).update({w: 1})", "None"),
    "OrderedUpdates.__add__": ("len(theano.updates.OrderedUpdates({w: 1}) + {theano.shared(2): 1})", "2"),
    "OrderedUpdates.__radd__": ("len({w: 1} + theano.updates.OrderedUpdates({w: 1}))", "1"),
}

PICKLES = {
    "CompatUnpickler": ("theano.misc.pkl_utils.CompatUnpickler(io.BytesIO(pickle.dumps(3))).load()", "3"),
    "StripPickler": ("theano.misc.pkl_utils.StripPickler(io.BytesIO(), extra_tag_to_remove='note').dump(u)", "None"),
    "StripPickler.save": ("theano.misc.pkl_utils.StripPickler(io.BytesIO()).save(u)", "None"),
    "dump": ("theano.misc.pkl_utils.dump([w, V], io.BytesIO())", "None"),
    "load": ("archived(theano.misc.pkl_utils.dump, theano.misc.pkl_utils.load, [w, V])[1]", "V"),
}

OBSERVERS = {
    "__repr_test_value__": ("refusal(u.__repr_test_value__) is theano.errors.TestValueError", "True"),
    "construction_observers": ("T.TensorVariable.construction_observers", "[]"),
    "append_construction_observer": (
        "T.TensorVariable.append_construction_observer(print), u.remove_construction_observer(print)",
        "(None, None)",
    ),
    "remove_construction_observer": ("refusal(T.TensorVariable.remove_construction_observer, print) is ValueError", "True"),
    "notify_construction_observers": ("T.TensorVariable.notify_construction_observers(u)", "None"),
}

ELSEWHERE = {
    **{f"theano.gradient.{name}": call for name, call in GRADIENT.items()},
    **{f"theano.updates.{name}": call for name, call in UPDATES.items()},
    **{f"theano.misc.pkl_utils.{name}": call for name, call in PICKLES.items()},
    **{f"theano.tensor.TensorVariable.{name}": call for name, call in OBSERVERS.items()},
    "theano.function_dump": ("dumped(theano.function_dump, [u], u * 2)['outputs']", "2 * U"),
}
