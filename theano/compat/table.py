"""Where the names of the classic system's modules are today.

A key is a module of classic programs, its value the places where its names are looked up, in this order.  A place is a module,
any name of which counts, or ``"module: name other=name"``: these names only, ``other`` being the classic spelling.  Modules without
places hold others and nothing else.  A key that is a module today as well keeps its own names and gets those besides.

To move a name is to change a line here; the module that it left needs no trace of it.
"""

from __future__ import annotations

TABLE: dict[str, tuple[str, ...]] = {
    "theano.compile": (
        "theano.graph: DisconnectedType NullType Variable",
        "theano.errors: UnusedInputError",
        "theano.compile.ops",
        "theano.rewrite.stages: optdb",
    ),
    "theano.compile.function": ("theano.compile.build",),
    "theano.compile.function_module": ("theano.compile.callable", "theano.compile", "theano.errors"),
    "theano.compile.ops": ("theano.tensor.shapes",),
    "theano.compile.pfunc": ("theano.compile: Param function pfunc=function",),
    "theano.compile.sharedvalue": ("theano.tensor.sharedvar",),
    "theano.configdefaults": ("theano.flags",),
    "theano.configparser": ("theano.flags",),
    "theano.gof": ("theano.graph", "theano.errors", "theano.gof.opt", "theano.gof.optdb", "theano.gof.graph", "theano.gof.link"),
    "theano.gof.fg": ("theano.graph", "theano.errors"),
    "theano.gof.graph": (
        "theano.graph",
        "theano.graph: inputs=graph_inputs variables=variables_between orphans=orphans_between ops=applys_between",
    ),
    "theano.gof.link": ("theano.graph: Container", "theano.interpret"),
    "theano.gof.null_type": ("theano.graph",),
    "theano.gof.op": ("theano.graph",),
    "theano.gof.opt": (
        "theano.rewrite.local",
        "theano.rewrite.passes",
        "theano.rewrite.substitution",
        "theano.rewrite.merging",
        "theano.rewrite.traces",
    ),
    "theano.gof.optdb": ("theano.rewrite.database",),
    "theano.gof.toolbox": ("theano.graph.features",),
    "theano.gof.type": ("theano.graph",),
    "theano.gof.utils": (
        "theano.graph: scratchpad=Scratch",
        "theano.errors: MethodNotDefined",
        "theano.interpret: undef=UNCHANGED",
    ),
    "theano.gof.vm": ("theano.interpret",),
    "theano.gradient": ("theano.tensor: tensor",),
    "theano.sandbox": (),
    "theano.sandbox.softsign": ("theano.tensor.nnet: softsign",),
    "theano.scalar": (
        "theano.graph: Apply Constant DisconnectedType FunctionGraph Op Type Variable",
        "theano.dtypes: autocast_float_as",
        "theano.errors: ComplexError=DTypeError IntegerDivisionError=DTypeError",
        "theano.flags: config",
        "theano.gradient: grad_not_implemented grad_undefined",
        "theano.printing: pprint",
    ),
    "theano.scalar.basic": ("theano.scalar",),
    "theano.scalar.basic_scipy": ("theano.scalar",),
    "theano.tensor": (
        "theano.graph: Apply Constant DisconnectedType Generic Op Type Variable generic",
        "theano.dtypes: autocast_float_as",
        "theano.errors: MethodNotDefined NotScalarConstantError ShapeError",
        "theano.flags: config",
        "theano.gradient: consider_constant grad_not_implemented grad_undefined",
        "theano.printing: pprint",
        "theano.tensor.type: Tensor=TensorType",
        "theano.tensor.variable: _tensor_py_operators=TensorOperators",
    ),
    "theano.tensor.basic": ("theano.tensor",),
    "theano.tensor.blas": ("theano.tensor.products: BatchedDot batched_dot",),
    "theano.tensor.elemwise": ("theano.tensor.reduce", "theano.tensor.variable: TensorConstant"),
    "theano.tensor.extra_ops": (
        "theano.tensor.counting",
        "theano.tensor.cumulative",
        "theano.tensor.diagonals",
        "theano.tensor.nonzero",
        "theano.tensor.permuting",
        "theano.tensor.repeating",
        "theano.tensor.sorting",
        "theano.tensor: squeeze",
    ),
    "theano.tensor.nnet.bn": ("theano.tensor.nnet.batchwise",),
    "theano.tensor.nnet.nnet": ("theano.tensor.nnet", "theano.tensor: sigmoid softplus"),
    "theano.tensor.nnet.sigm": (
        "theano.tensor.nnet",
        "theano.tensor: sigmoid softplus",
        "theano.tensor.inplace: sigmoid_inplace ultra_fast_sigmoid_inplace",
        "theano.scalar: ScalarSigmoid=Sigmoid ScalarSoftplus=Softplus UltraFastScalarSigmoid=UltraFastSigmoid",
        "theano.scalar: scalar_sigmoid=sigmoid scalar_softplus=softplus ultra_fast_scalar_sigmoid=ultra_fast_sigmoid",
    ),
    "theano.tensor.opt": (
        "theano.tensor.shapes: MakeVector",
        "theano.rewrite.stages",
        "theano.rewrite.local",
        "theano.rewrite.passes",
        "theano.rewrite.substitution",
        "theano.rewrite.fold: constant_folding",
    ),
    "theano.tensor.sort": ("theano.tensor.sorting",),
    "theano.tensor.type_other": ("theano.tensor.optional",),
    "theano.tensor.utils": ("theano.compile.inspecting",),
    "theano.tensor.var": ("theano.tensor.variable", "theano.tensor.variable: _tensor_py_operators=TensorOperators", "theano.tensor.type"),
    "theano.tensor.xlogx": ("theano.tensor: xlogx xlogy0", "theano.scalar: XlogX XlogY0 scalar_xlogx=xlogx scalar_xlogy0=xlogy0"),
}  # fmt: skip
