"""Library steps: row-major matrix routines by way of the Fortran BLAS interface, and sorting by NumPy's functions.

Operands: :mod:`theano.runtime.libraries`.

A row-major matrix is the transpose of a column-major one, so ``c = a b`` is asked for as ``c' = b' a'``.  Each routine is
one function per dtype that handles what BLAS leaves open: empty operands (BLAS is not called), negative increments,
leading dimensions of single rows, and extents of more than 31 bits, for which it returns 1.
"""

from __future__ import annotations

from theano.emit.llvm.frame import Part, ProgramText, begin_when
from theano.emit.llvm.panels import TALLEST, write_panels
from theano.emit.llvm.sharing import Sharing
from theano.emit.llvm.status import RAISED, RANGE
from theano.emit.llvm.target import Target
from theano.emit.llvm.text import literal, register
from theano.emit.llvm.writer import Module, Writer
from theano.loops.ir import LibraryStep
from theano.loops.small_products import FEW_COLUMNS, FEW_ROWS, LARGE, panel_columns
from theano.scalar.instructions import ITEMSIZE, PARTS

PREFIX = {"float32": "s", "float64": "d"}


def library_step(text: ProgramText, w: Part, step: LibraryStep, number: int) -> None:
    sizes = [f"i64 {text.size(w, v)}" for v in step.parameters]
    if step.when is None:
        return _call(text, w, step, number, sizes)
    on = begin_when(text, w, step.when)
    _call(text, w, step, number, sizes)
    w.open(on)


def _call(text: ProgramText, w: Part, step: LibraryStep, number: int, sizes: list[str]) -> None:
    if step.routine == "copy":
        count, start = (w.let(f"mul {size}, {ITEMSIZE[step.dtype]}") for size in sizes)
        to, of = (text.pointer(w, b) for b in step.buffers)
        of = w.at(of, start)
        return w.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {to}, ptr {of}, i64 {count}, i1 false)")
    if step.routine == "sort":
        name = _sort(text.shared.sharing, step.dtype, step.flags[0])
        given = f"ptr {text.pointer(w, step.buffers[0])}, {', '.join(sizes)}, {_way(text, step)}"
        return w.fail_if(w.let(f"icmp ne i64 {w.let(f'call i64 @{name}({given})')}, 0"), RAISED)
    kind, factors = register(step.dtype), FACTORS[step.routine]
    arguments = [f"i1 {str(step.flags[k] == 'T').lower()}" for k in range(MATRICES[step.routine])]
    matrices, extras = step.buffers[:3], list(step.buffers[3:])
    if step.routine == "panels":
        matrices += (extras.pop(0), extras.pop(0) if step.flags[4] == "apart" else step.buffers[0])
    arguments += [f"ptr {text.pointer(w, b)}" for b in matrices] + sizes
    for factor in step.flags[2 : 2 + factors]:
        given = text.element(w, extras.pop(0), step.dtype) if factor == "buffer" else literal(float(factor), step.dtype)
        arguments.append(f"{kind} {given}")
    if step.routine in CUT:
        arguments.append(_way(text, step))
    name = _routine(text.shared.sharing, step.routine, step.dtype, text.shared.target)
    status = w.let(f"call i64 @{name}({', '.join(arguments)})")
    if step.routine in CUT:
        w.fail_if(w.let(f"icmp eq i64 {status}, {RAISED}"), RAISED)
    w.fail_if(w.let(f"icmp ne i64 {status}, 0"), RANGE + number)


MATRICES = {"gemm": 2, "panels": 2, "gemms": 2, "gemv": 1, "ger": 0, "dot": 0}
FACTORS = {"gemm": 2, "panels": 2, "gemms": 2, "gemv": 2, "ger": 1, "dot": 0}
CUT = ("gemm", "panels", "gemms", "gemv")
"""Those whose large products run in pieces; they are told the frame, the table and whether other threads may run meanwhile."""
_WAY = "ptr %f, ptr %t, i1 %open"


def _way(text: ProgramText, step: LibraryStep) -> str:
    alone = text.at_end or step.buffers[0].storage == "shared"
    return f"ptr %f, ptr %t, i1 {str(not alone).lower()}"


def _routine(sharing: Sharing, routine: str, dtype: str, target: Target) -> str:
    name = f"{routine}.{dtype}"
    if sharing.module.once(name):
        if routine == "panels":
            write_panels(sharing.module, target, name, dtype)
            _panels(sharing, name, dtype, _routine(sharing, "gemm", dtype, target))
        else:
            {"gemm": _gemm, "gemms": _gemms, "gemv": _gemv, "ger": _ger, "dot": _dot}[routine](sharing, name, dtype)
    return name


class Blas(Writer):
    """A function that calls one BLAS routine: everything goes by pointer, integers in 32 bits."""

    def __init__(self, module: Module, name: str, dtype: str, parameters: str, result: str = "i64") -> None:
        self.module, self.dtype, self.kind, self.size = module, dtype, register(dtype), ITEMSIZE[dtype]
        super().__init__(f"define internal {result} @{name}({parameters.replace('real', self.kind)})")
        self.result = result
        self.cells: list[str] = []

    def finish(self) -> None:
        self.do("ret void" if self.result == "void" else "ret i64 0")
        self.lines[1:1] = self.cells
        self.module.add(self.text())

    def cell(self, kind: str, value: str) -> str:
        """A place on the stack that holds ``value``; reserved on entry."""
        name = f"%c{len(self.cells)}"
        self.cells.append(f"  {name} = alloca {kind}")
        self.store(kind, value, name)
        return name

    def integer(self, value: str) -> str:
        return self.cell("i32", self.let(f"trunc i64 {value} to i32"))

    def letter(self, transposed: str, if_so: str, if_not: str) -> str:
        return self.cell("i8", self.let(f"select i1 {transposed}, i8 {ord(if_so)}, i8 {ord(if_not)}"))

    def stop_if(self, condition: str) -> None:
        """Nothing is left to do."""
        stop, go_on = self.fresh("stop"), self.fresh("on")
        self.branch(condition, stop, go_on)
        self.label(stop)
        self.do("ret i64 0")
        self.label(go_on)

    def is_zero(self, *values: str) -> str:
        found = "false"
        for value in values:
            found = self.let(f"or i1 {found}, {self.let(f'icmp eq i64 {value}, 0')}")
        return found

    def fits(self, *values: str) -> None:
        """Every number has 31 bits and a sign."""
        for value in values:
            shifted = self.let(f"add i64 {value}, {1 << 31}")
            self.fail_if(self.let(f"icmp ugt i64 {shifted}, {(1 << 32) - 1}"), 1)

    def element(self, base: str, offset: str) -> str:
        return self.at(base, self.let(f"mul i64 {offset}, {self.size}"))

    def leading(self, given: str, columns: str) -> str:
        """A leading dimension that BLAS accepts: of one row it may be anything, so never less than its length or 1."""
        least = self.let(f"call i64 @llvm.smax.i64(i64 {columns}, i64 1)")
        return self.let(f"call i64 @llvm.smax.i64(i64 {given}, i64 {least})")

    def vector(self, base: str, offset: str, increment: str, length: str) -> tuple[str, str]:
        """BLAS takes the lowest address of a vector that runs backwards."""
        short = self.let(f"icmp sle i64 {length}, 1")
        by = self.let(f"select i1 {short}, i64 1, i64 {increment}")
        back = self.let(f"mul i64 {self.let(f'sub i64 {length}, 1')}, {self.let(f'call i64 @llvm.smin.i64(i64 {by}, i64 0)')}")
        return self.element(base, self.let(f"add i64 {offset}, {back}")), by

    def over_nothing(self, condition: str, out: str, count: str) -> None:
        """A sum of no products: all that is left is ``out *= beta``."""
        if self.module.once(f"scale.{self.dtype}"):
            self.module.add(_scale(self.dtype))
        empty, go_on = self.fresh("empty"), self.fresh("on")
        self.branch(condition, empty, go_on)
        self.label(empty)
        self.do(f"call void @scale.{self.dtype}(ptr {out}, i64 {count}, {self.kind} %beta)")
        self.do("ret i64 0")
        self.label(go_on)

    def spread(self, sharing: Sharing, name: str, job: str, values: dict[str, str], parts: str, work: str, long: int) -> None:
        """Run ``@name.part`` for each number below ``parts`` on the pool and return; ``values`` are fields that differ from
        parameters.  With ``long`` or more ``work``, and if the call is open, other Python threads run meanwhile."""
        fields = [(kind, values.get(given, given)) for kind, given in _fields(job, self.kind)]
        self.cells.append(f"  %job = alloca [{len(fields)} x i64], align 64")
        for k, (kind, value) in enumerate(fields):
            self.store(kind, value, "%job", 8 * k)
        run = self.module.external("theano_run_parts", "void", "ptr", "ptr", "i64", "i64")
        limit = self.load("i64", "%t", self.module.slot("threads"))
        self.branch(self.let(f"and i1 %open, {self.let(f'icmp uge i64 {work}, {long}')}"), "long", "short")
        self.label("long")
        slices = self.let(f"add i64 {self.let(f'udiv i64 {work}, {50 * long}')}, 1")
        threads = self.let(f"call {self.module.external('theano_threads', 'i64')}()")
        some = self.let(f"call i64 @llvm.umax.i64(i64 {self.let(f'udiv i64 {parts}, {slices}')}, i64 {threads})")
        given = f"ptr %f, ptr %t, ptr {sharing.numbers()}, ptr @{name}.part, ptr %job, i64 {parts}, i64 {some}, i64 {limit}"
        in_slices = self.module.external("theano_in_slices", "i64", *["ptr"] * 5, *["i64"] * 3)
        self.do(f"ret i64 {self.let(f'call {in_slices}({given})')}")
        self.label("short")
        self.do(f"call {run}(ptr @{name}.part, ptr %job, i64 {parts}, i64 {limit})")
        self.do("ret i64 0")

    def blas(self, routine: str, *arguments: str, result: str = "void") -> str:
        name = PREFIX[self.dtype] + routine
        call = f"call {self.module.external(name, result, *['ptr'] * len(arguments))}({', '.join('ptr ' + a for a in arguments)})"
        if result != "void":
            return self.let(call)
        self.do(call)
        return ""


def _scale(dtype: str) -> str:
    """out[:count] *= beta, where a beta of 0 also clears NaN."""
    kind = register(dtype)
    return f"""define internal void @scale.{dtype}(ptr %out, i64 %count, {kind} %beta) {{
entry:
  %clear = fcmp oeq {kind} %beta, {literal(0.0, dtype)}
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %p = getelementptr {kind}, ptr %out, i64 %i
  %old = load {kind}, ptr %p
  %scaled = fmul {kind} %old, %beta
  %new = select i1 %clear, {kind} {literal(0.0, dtype)}, {kind} %scaled
  store {kind} %new, ptr %p
  %next = add i64 %i, 1
  br label %head
done:
  ret void
}}"""


TILE = 512
"""Rows and columns of a piece of a large product.  What BLAS adds up in which order depends on a product's extents, so these
pieces do not depend on the number of threads."""
LONG_PRODUCT, LONG_VECTOR = 1 << 26, 1 << 22
"""Multiplications that take about a millisecond, of matrices and of a matrix with a vector."""
_JOB = (
    "i64 %first, i1 %ta, i1 %tb, ptr %out, ptr %a, i64 %lda, ptr %b, i64 %ldb, i64 %m, i64 %n, i64 %k, real %alpha, real %beta, "
    "i64 %tm, i64 %tn"
)


def _gemm(sharing: Sharing, name: str, dtype: str) -> None:
    module = sharing.module
    _gemm_piece(module, name, dtype)
    _gemm_part(module, name, dtype)
    sizes = "i64 %m, i64 %n, i64 %k, i64 %ao, i64 %lda0, i64 %bo, i64 %ldb0"
    w = Blas(module, name, dtype, f"i1 %ta, i1 %tb, ptr %out, ptr %a0, ptr %b0, {sizes}, real %alpha, real %beta, {_WAY}")
    w.stop_if(w.is_zero("%m", "%n"))
    w.over_nothing(w.is_zero("%k"), "%out", w.let("mul i64 %m, %n"))
    lda = w.leading("%lda0", w.let("select i1 %ta, i64 %m, i64 %k"))
    ldb = w.leading("%ldb0", w.let("select i1 %tb, i64 %k, i64 %n"))
    w.fits("%m", "%n", "%k", lda, ldb)
    a, b, work = w.element("%a0", "%ao"), w.element("%b0", "%bo"), w.let(f"mul i64 {w.let('mul i64 %m, %n')}, %k")
    tm, tn = _tile(w)
    values = {"%first": "0", "%a": a, "%b": b, "%lda": lda, "%ldb": ldb, "%tm": tm, "%tn": tn}
    w.branch(w.let(f"icmp uge i64 {work}, {LARGE}"), "large", "small")
    w.label("large")
    parts = w.let(f"mul i64 {_quotient(w, '%m', tm)}, {_quotient(w, '%n', tn)}")
    w.spread(sharing, name, _JOB, values, parts, work, LONG_PRODUCT)
    w.label("small")
    given = f"i1 %ta, i1 %tb, ptr %out, i64 %n, ptr {a}, i64 {lda}, ptr {b}, i64 {ldb}, i64 %m, i64 %n, i64 %k"
    w.do(f"call void @{name}.piece({given}, {w.kind} %alpha, {w.kind} %beta)")
    w.finish()


def _fields(job: str, real: str) -> list[tuple[str, str]]:
    """Type and name of each field of a job."""
    return [(kind, name) for kind, name in (field.split() for field in job.replace("real", real).split(", "))]


def _part(name: str, dtype: str, job: str) -> Writer:
    """The head of a function that does piece ``number`` of a job: its fields have their names."""
    w = Writer(f"define internal void @{name}.part(ptr %job, i64 %piece)")
    for k, (field, given) in enumerate(_fields(job, register(dtype))):
        w.do(f"{given} = load {field}, ptr {w.at('%job', 8 * k)}")
    w.do("%number = add i64 %piece, %first")
    return w


def _quotient(w: Writer, extent: str, by: str) -> str:
    more = w.let(f"sub i64 {by}, 1")
    return w.let(f"udiv i64 {w.let(f'add i64 {extent}, {more}')}, {by}")


def _tile(w: Writer) -> tuple[str, str]:
    """Extents of a piece: a tile; of a result that is no larger than one, half of its longer side."""
    tall = w.let("icmp uge i64 %m, %n")
    single = w.let(f"and i1 {w.let(f'icmp ule i64 %m, {TILE}')}, {w.let(f'icmp ule i64 %n, {TILE}')}")
    sides = []
    for extent, longer in (("%m", tall), ("%n", w.let(f"xor i1 {tall}, true"))):
        whole = w.let(f"call i64 @llvm.umin.i64(i64 {extent}, i64 {TILE})")
        rounded = w.let(f"add i64 {extent}, 127")
        half = w.let(f"and i64 {w.let(f'lshr i64 {rounded}, 1')}, -64")
        sides.append(w.let(f"select i1 {w.let(f'and i1 {single}, {longer}')}, i64 {half}, i64 {whole}"))
    return sides[0], sides[1]


def _gemm_part(module: Module, name: str, dtype: str) -> None:
    """``void @gemm.part(job, number)``: one piece of a large product; pieces are numbered row by row."""
    w, kind, size = _part(name, dtype, _JOB), register(dtype), ITEMSIZE[dtype]
    across = _quotient(w, "%n", "%tn")
    i = w.let(f"mul i64 {w.let(f'udiv i64 %number, {across}')}, %tm")
    j = w.let(f"mul i64 {w.let(f'urem i64 %number, {across}')}, %tn")
    m, n = (
        w.let(f"call i64 @llvm.smin.i64(i64 {tile}, i64 {w.let(f'sub i64 {extent}, {start}')})")
        for tile, extent, start in (("%tm", "%m", i), ("%tn", "%n", j))
    )
    a = w.let(f"select i1 %ta, i64 {i}, i64 {w.let(f'mul i64 {i}, %lda')}")
    b = w.let(f"select i1 %tb, i64 {w.let(f'mul i64 {j}, %ldb')}, i64 {j}")
    c = w.let(f"add i64 {w.let(f'mul i64 {i}, %n')}, {j}")
    a, b, c = (w.at(base, w.let(f"mul i64 {offset}, {size}")) for base, offset in (("%a", a), ("%b", b), ("%out", c)))
    given = f"i1 %ta, i1 %tb, ptr {c}, i64 %n, ptr {a}, i64 %lda, ptr {b}, i64 %ldb, i64 {m}, i64 {n}, i64 %k, {kind} %alpha, {kind} %beta"
    w.do(f"call void @{name}.piece({given})")
    w.do("ret void")
    module.add(w.text())


def _gemm_piece(module: Module, name: str, dtype: str) -> None:
    """The call of BLAS itself."""
    given = "i1 %ta, i1 %tb, ptr %out, i64 %ldc, ptr %a, i64 %lda, ptr %b, i64 %ldb, i64 %m, i64 %n, i64 %k, real %alpha, real %beta"
    w = Blas(module, f"{name}.piece", dtype, given, result="void")
    ta, tb = w.letter("%ta", "T", "N"), w.letter("%tb", "T", "N")
    m, n, k, la, lb, lc = (w.integer(v) for v in ("%m", "%n", "%k", "%lda", "%ldb", "%ldc"))
    alpha, beta = w.cell(w.kind, "%alpha"), w.cell(w.kind, "%beta")
    w.blas("gemm", tb, ta, n, m, k, alpha, "%b", lb, "%a", la, beta, "%out", lc)
    w.finish()


ROWS = 128
"""Most rows of a piece of a tall product with a matrix in panels."""
NEAR = 1 << 19
"""Bytes of panels that stay in each processor's own cache."""
_PANELS_JOB = (
    "i64 %first, ptr %out, ptr %a, i64 %ra, i64 %ka, ptr %panels, ptr %c, i64 %m, i64 %n, i64 %k, real %alpha, real %beta, i64 %tm, i64 %tn"
)


def _panels(sharing: Sharing, name: str, dtype: str, library: str) -> None:
    """The matrix is there twice: as it was, for ``library``, and in panels.  Pieces are some rows if each processor can keep all
    panels: what it has made of these rows in the step before it then need not ask for elsewhere; else some panels."""
    _panels_part(sharing.module, name, dtype)
    start, end = "i1 %ta, i1 %tb, ptr %out, ptr %a0, ptr %b0", f"real %alpha, real %beta, {_WAY}"
    sizes = "i64 %m, i64 %n, i64 %k, i64 %ao, i64 %lda0, i64 %bo, i64 %ldb0"
    w = Blas(sharing.module, name, dtype, f"{start}, ptr %panels, ptr %c0, {sizes}, i64 %co, {end}")
    c = w.element("%c0", "%co")
    work = w.let(f"mul i64 {w.let('mul i64 %m, %n')}, %k")
    few = w.let(f"or i1 {w.let(f'icmp slt i64 %m, {FEW_ROWS}')}, {w.let(f'icmp slt i64 %n, {FEW_COLUMNS}')}")
    w.branch(w.let(f"or i1 {few}, {w.let(f'icmp slt i64 {work}, {LARGE}')}"), "library", "own")
    w.label("own")
    lda = w.leading("%lda0", w.let("select i1 %ta, i64 %m, i64 %k"))
    tm, tn, across = _cut_panels(w, sharing.module, work)
    ra, ka = w.let(f"select i1 %ta, i64 1, i64 {lda}"), w.let(f"select i1 %ta, i64 {lda}, i64 1")
    values = {"%first": "0", "%a": w.element("%a0", "%ao"), "%ra": ra, "%ka": ka, "%c": c, "%tm": tm, "%tn": tn}
    parts = w.let(f"mul i64 {_quotient(w, '%m', tm)}, {_quotient(w, across, tn)}")
    w.spread(sharing, name, _PANELS_JOB, values, parts, work, LONG_PRODUCT)
    w.label("library")
    w.branch(w.let(f"icmp eq ptr {c}, %out"), "begun", "apart")
    w.label("apart")
    count = w.let(f"mul i64 {w.let('mul i64 %m, %n')}, {w.size}")
    w.do(f"call void @llvm.memcpy.p0.p0.i64(ptr %out, ptr {c}, i64 {count}, i1 false)")
    w.open("begun")
    same = f"{start}, {sizes}, {end}".replace("real", w.kind)
    w.fail_unless_zero(w.let(f"call i64 @{library}({same})"))
    w.finish()


def _cut_panels(w: Blas, module: Module, work: str) -> tuple[str, str, str]:
    """Rows and panels of a piece, and how many panels there are."""
    threads, across = w.let(f"call {module.external('theano_threads', 'i64')}()"), _quotient(w, "%n", str(panel_columns(w.dtype)))
    most = w.let(f"udiv i64 {work}, {LARGE // 2}")
    pieces = w.let(f"call i64 @llvm.umin.i64(i64 {threads}, i64 {most})")
    share = w.let(f"add i64 {_quotient(w, '%m', pieces)}, {TALLEST - 1}")
    rows = w.let(f"call i64 @llvm.umin.i64(i64 {w.let(f'and i64 {share}, {-TALLEST}')}, i64 {ROWS})")
    near = w.let(f"icmp ule i64 {w.let('mul i64 %n, %k')}, {NEAR // w.size}")
    enough = w.let(f"icmp uge i64 %m, {w.let(f'mul i64 {pieces}, {TALLEST}')}")
    by_rows = w.let(f"or i1 {w.let(f'and i1 {near}, {enough}')}, {w.let(f'icmp uge i64 %m, {2 * ROWS}')}")
    long = w.let(f"icmp uge i64 {work}, {LONG_PRODUCT}")
    some = w.let(f"select i1 {long}, i64 1, i64 {_quotient(w, across, pieces)}")
    return w.let(f"select i1 {by_rows}, i64 {rows}, i64 %m"), w.let(f"select i1 {by_rows}, i64 {across}, i64 {some}"), across


def _panels_part(module: Module, name: str, dtype: str) -> None:
    """``void @panels.part(job, number)``: pieces are numbered row by row."""
    w, kind, size = _part(name, dtype, _PANELS_JOB), register(dtype), ITEMSIZE[dtype]
    panels = _quotient(w, "%n", str(panel_columns(dtype)))
    across = _quotient(w, panels, "%tn")
    i, j = (w.let(f"mul i64 {w.let(f'{op} i64 %number, {across}')}, {tile}") for op, tile in (("udiv", "%tm"), ("urem", "%tn")))
    m = w.let(f"call i64 @llvm.smin.i64(i64 %tm, i64 {w.let(f'sub i64 %m, {i}')})")
    end = w.let(f"call i64 @llvm.smin.i64(i64 {w.let(f'add i64 {j}, %tn')}, i64 {panels})")
    places = (("%out", "%n"), ("%a", "%ra"), ("%c", "%n"))
    out, a, c = (w.at(base, w.let(f"mul i64 {w.let(f'mul i64 {i}, {by}')}, {size}")) for base, by in places)
    given = f"ptr {out}, i64 %n, ptr {a}, i64 %ra, i64 %ka, ptr %panels, ptr {c}, i64 {j}, i64 {end}, i64 {m}, i64 %k"
    w.do(f"call void @{name}.panels({given}, {kind} %alpha, {kind} %beta)")
    w.do("ret void")
    module.add(w.text())


_JOBS = (
    "i64 %first, i1 %ta, i1 %tb, ptr %out, ptr %a, i64 %lda, i64 %sa, ptr %b, i64 %ldb, i64 %sb, i64 %m, i64 %n, i64 %k, real %alpha, "
    "real %beta, i64 %each, i64 %count"
)


def _gemms(sharing: Sharing, name: str, dtype: str) -> None:
    """One product after the other; a piece is as many of them as are a large one, or one."""
    module = sharing.module
    _gemm_piece(module, name, dtype)
    module.add(_some_products(name, register(dtype)))
    part = _part(name, dtype, _JOBS)
    start = part.let("mul i64 %number, %each")
    end = part.let(f"call i64 @llvm.smin.i64(i64 {part.let(f'add i64 {start}, %each')}, i64 %count)")
    given = ", ".join(f"{kind} {field}" for kind, field in _fields(_JOBS, register(dtype))[1:-2])
    part.do(f"call void @{name}.some({given}, i64 {start}, i64 {end})")
    part.do("ret void")
    module.add(part.text())
    sizes = "i64 %count, i64 %m, i64 %n, i64 %k, i64 %ao, i64 %lda0, i64 %sa, i64 %bo, i64 %ldb0, i64 %sb"
    w = Blas(module, name, dtype, f"i1 %ta, i1 %tb, ptr %out, ptr %a0, ptr %b0, {sizes}, real %alpha, real %beta, {_WAY}")
    w.stop_if(w.is_zero("%count", "%m", "%n"))
    size = w.let("mul i64 %m, %n")
    w.over_nothing(w.is_zero("%k"), "%out", w.let(f"mul i64 {size}, %count"))
    lda = w.leading("%lda0", w.let("select i1 %ta, i64 %m, i64 %k"))
    ldb = w.leading("%ldb0", w.let("select i1 %tb, i64 %k, i64 %n"))
    w.fits("%m", "%n", "%k", lda, ldb)
    one = w.let(f"mul i64 {size}, %k")
    each = w.let(f"call i64 @llvm.umax.i64(i64 {w.let(f'udiv i64 {LARGE}, {one}')}, i64 1)")
    values = {"%first": "0", "%a": w.element("%a0", "%ao"), "%b": w.element("%b0", "%bo"), "%lda": lda, "%ldb": ldb, "%each": each}
    w.branch(w.let(f"icmp ugt i64 %count, {each}"), "many", "few")
    w.label("many")
    w.spread(sharing, name, _JOBS, values, _quotient(w, "%count", each), w.let(f"mul i64 {one}, %count"), LONG_PRODUCT)
    w.label("few")
    given = ", ".join(f"{kind} {values.get(field, field)}" for kind, field in _fields(_JOBS, w.kind)[1:-2])
    w.do(f"call void @{name}.some({given}, i64 0, i64 %count)")
    w.finish()


def _some_products(name: str, kind: str) -> str:
    given = ", ".join(f"{kind} {field}" for kind, field in _fields(_JOBS, kind)[1:-2])
    piece = "i1 %ta, i1 %tb, ptr %pc, i64 %n, ptr %pa, i64 %lda, ptr %pb, i64 %ldb, i64 %m, i64 %n, i64 %k"
    return f"""define internal void @{name}.some({given}, i64 %from, i64 %to) {{
entry:
  %size = mul i64 %m, %n
  br label %head
head:
  %i = phi i64 [ %from, %entry ], [ %next, %body ]
  %more = icmp slt i64 %i, %to
  br i1 %more, label %body, label %done
body:
  %oc = mul i64 %i, %size
  %oa = mul i64 %i, %sa
  %ob = mul i64 %i, %sb
  %pc = getelementptr {kind}, ptr %out, i64 %oc
  %pa = getelementptr {kind}, ptr %a, i64 %oa
  %pb = getelementptr {kind}, ptr %b, i64 %ob
  call void @{name}.piece({piece}, {kind} %alpha, {kind} %beta)
  %next = add i64 %i, 1
  br label %head
done:
  ret void
}}"""


LARGE_VECTOR = 1 << 17
"""Elements of a matrix from which on its product with a vector is cut."""
COLUMNS = 128
"""Of a piece of a transposed matrix; pieces of others have whole rows, about half of :data:`LARGE_VECTOR` elements."""
_VECTOR_JOB = "i64 %first, i1 %ta, ptr %out, ptr %a, i64 %lda, ptr %x, i64 %incx, i64 %m, i64 %n, real %alpha, real %beta, i64 %step"


def _gemv(sharing: Sharing, name: str, dtype: str) -> None:
    module = sharing.module
    _gemv_piece(module, name, dtype)
    _gemv_part(module, name, dtype)
    w = Blas(
        module, name, dtype,
        "i1 %ta, ptr %out, ptr %a0, ptr %x0, i64 %m, i64 %n, i64 %ao, i64 %lda0, i64 %xo, i64 %incx0, real %alpha, real %beta, "
        + _WAY,
    )  # fmt: skip
    w.stop_if(w.is_zero("%m"))
    w.over_nothing(w.is_zero("%n"), "%out", "%m")
    x, incx = w.vector("%x0", "%xo", "%incx0", "%n")
    lda = w.leading("%lda0", w.let("select i1 %ta, i64 %m, i64 %n"))
    w.fits("%m", "%n", lda, incx)
    a = w.element("%a0", "%ao")
    rows = w.let(f"call i64 @llvm.umax.i64(i64 {w.let(f'udiv i64 {LARGE_VECTOR // 2}, %n')}, i64 1)")
    step = w.let(f"select i1 %ta, i64 {COLUMNS}, i64 {rows}")
    work = w.let("mul i64 %m, %n")
    w.branch(w.let(f"icmp uge i64 {work}, {LARGE_VECTOR}"), "large", "small")
    w.label("large")
    values = {"%first": "0", "%a": a, "%lda": lda, "%x": x, "%incx": incx, "%step": step}
    w.spread(sharing, name, _VECTOR_JOB, values, _quotient(w, "%m", step), work, LONG_VECTOR)
    w.label("small")
    given = f"i1 %ta, ptr %out, ptr {a}, i64 {lda}, ptr {x}, i64 {incx}, i64 %m, i64 %n"
    w.do(f"call void @{name}.piece({given}, {w.kind} %alpha, {w.kind} %beta)")
    w.finish()


def _gemv_part(module: Module, name: str, dtype: str) -> None:
    """``void @gemv.part(job, number)``: some elements of the result."""
    w, size = _part(name, dtype, _VECTOR_JOB), ITEMSIZE[dtype]
    start = w.let("mul i64 %number, %step")
    count = w.let(f"call i64 @llvm.smin.i64(i64 %step, i64 {w.let(f'sub i64 %m, {start}')})")
    skipped = w.let(f"select i1 %ta, i64 {start}, i64 {w.let(f'mul i64 {start}, %lda')}")
    a, out = (w.at(base, w.let(f"mul i64 {offset}, {size}")) for base, offset in (("%a", skipped), ("%out", start)))
    given = f"i1 %ta, ptr {out}, ptr {a}, i64 %lda, ptr %x, i64 %incx, i64 {count}, i64 %n"
    w.do(f"call void @{name}.piece({given}, {register(dtype)} %alpha, {register(dtype)} %beta)")
    w.do("ret void")
    module.add(w.text())


def _gemv_piece(module: Module, name: str, dtype: str) -> None:
    """The call of BLAS: a matrix stored (m, n) row by row is (n, m) to it, so as it stands it is transposed there."""
    given = "i1 %ta, ptr %out, ptr %a, i64 %lda, ptr %x, i64 %incx, i64 %m, i64 %n, real %alpha, real %beta"
    w = Blas(module, f"{name}.piece", dtype, given, result="void")
    rows, columns = w.let("select i1 %ta, i64 %n, i64 %m"), w.let("select i1 %ta, i64 %m, i64 %n")
    transposed, one = w.letter("%ta", "N", "T"), w.integer("1")
    r, c, ld, ix = (w.integer(v) for v in (rows, columns, "%lda", "%incx"))
    alpha, beta = w.cell(w.kind, "%alpha"), w.cell(w.kind, "%beta")
    w.blas("gemv", transposed, c, r, alpha, "%a", ld, "%x", ix, beta, "%out", one)
    w.finish()


def _ger(sharing: Sharing, name: str, dtype: str) -> None:
    module = sharing.module
    sizes = "i64 %m, i64 %n, i64 %xo, i64 %incx, i64 %yo, i64 %incy"
    w = Blas(module, name, dtype, f"ptr %out, ptr %x, ptr %y, {sizes}, real %alpha")
    w.stop_if(w.is_zero("%m", "%n"))
    (x, incx), (y, incy) = w.vector("%x", "%xo", "%incx", "%m"), w.vector("%y", "%yo", "%incy", "%n")
    w.fits("%m", "%n", incx, incy)
    m, n, ix, iy = (w.integer(v) for v in ("%m", "%n", incx, incy))
    w.blas("ger", n, m, w.cell(w.kind, "%alpha"), y, iy, x, ix, "%out", n)
    w.finish()


def _dot(sharing: Sharing, name: str, dtype: str) -> None:
    module = sharing.module
    w = Blas(module, name, dtype, "ptr %out, ptr %x, ptr %y, i64 %n, i64 %xo, i64 %incx, i64 %yo, i64 %incy")
    w.store(w.kind, literal(0.0, dtype), "%out")
    w.stop_if(w.is_zero("%n"))
    (x, incx), (y, incy) = w.vector("%x", "%xo", "%incx", "%n"), w.vector("%y", "%yo", "%incy", "%n")
    w.fits("%n", incx, incy)
    n, ix, iy = (w.integer(v) for v in ("%n", incx, incy))
    w.store(w.kind, w.blas("dot", n, x, ix, y, iy, result=w.kind), "%out")
    w.finish()


MANY = 1 << 14
"""Elements, in whole rows, that are sorted as a piece."""
LONG_SORT = 1 << 16
"""Elements that take about a millisecond to sort."""
_SORT_JOB = "i64 %first, ptr %out, i64 %rows, i64 %length, i64 %each"


def _sort(sharing: Sharing, dtype: str, kind: str) -> str:
    """Rows one after the other, each by NumPy's function for such numbers; if that has no memory to work in, by one that needs none."""
    name = f"sort.{kind}.{dtype}"
    if not sharing.module.once(name):
        return name
    number = PARTS.get(dtype, dtype)
    part = _part(name, number, _SORT_JOB)
    start = part.let("mul i64 %number, %each")
    end = part.let(f"call i64 @llvm.smin.i64(i64 {part.let(f'add i64 {start}, %each')}, i64 %rows)")
    part.do(f"call void @{name}.some(ptr %out, i64 %length, i64 {start}, i64 {end})")
    part.do("ret void")
    sharing.module.add(part.text())
    own, simple = (sharing.module.external(f"sort_{dtype}_{by}", "i32", "ptr", "i64", "ptr") for by in (kind, "heapsort"))
    sharing.module.add(_some_rows(name, own, simple, ITEMSIZE[number] * (2 if dtype in PARTS else 1)))
    w = Blas(sharing.module, name, number, f"ptr %out, i64 %rows, i64 %length, {_WAY}")
    w.stop_if(w.is_zero("%rows", "%length"))
    each = w.let(f"call i64 @llvm.umax.i64(i64 {w.let(f'udiv i64 {MANY}, %length')}, i64 1)")
    work = w.let("mul i64 %rows, %length")
    w.branch(w.let(f"icmp ugt i64 {work}, {MANY}"), "many", "few")
    w.label("many")
    w.spread(sharing, name, _SORT_JOB, {"%first": "0", "%each": each}, _quotient(w, "%rows", each), work, LONG_SORT)
    w.label("few")
    w.do(f"call void @{name}.some(ptr %out, i64 %length, i64 0, i64 %rows)")
    w.finish()
    return name


def _some_rows(name: str, sort: str, simple: str, size: int) -> str:
    return f"""define internal void @{name}.some(ptr %out, i64 %length, i64 %from, i64 %to) {{
entry:
  %bytes = mul i64 %length, {size}
  br label %head
head:
  %i = phi i64 [ %from, %entry ], [ %next, %body ], [ %next, %again ]
  %more = icmp slt i64 %i, %to
  br i1 %more, label %body, label %done
body:
  %before = mul i64 %i, %bytes
  %row = getelementptr i8, ptr %out, i64 %before
  %next = add i64 %i, 1
  %failed = call {sort}(ptr %row, i64 %length, ptr null)
  %sorted = icmp eq i32 %failed, 0
  br i1 %sorted, label %head, label %again
again:
  call {simple}(ptr %row, i64 %length, ptr null)
  br label %head
done:
  ret void
}}"""
