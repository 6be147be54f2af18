"""One code object under evaluation: its instructions in plain steps, its variables, its budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kdoctor.bytecode.code import TAKES_KEYWORD_REST, TAKES_POSITIONAL_REST, Code, Release
from kdoctor.bytecode.expression import Expression, Name, Scope, Statement
from kdoctor.bytecode.instructions import PAIRS_OF_LOCALS, Instruction, instructions_of, variables_of
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.opcodes import flag_bits
from kdoctor.bytecode.stack_values import Closure, Marker

Stack = list[Expression]

MAX_STEPS = 20_000
MAX_FUNCTIONS_WITHIN = 12
MAX_WAYS_WITHIN = 60
"""Branches and loops within each other, in a function and the functions around it."""
MAX_BYTES = 20_000
"""Of one code object: longer ones are no expression that anybody reads."""


@dataclass(slots=True)
class Budget:
    """Steps left for a function and all functions within it: branches can multiply, so instructions do not bound them."""

    steps: int = MAX_STEPS
    ways: int = 0

    def enter(self) -> None:
        """Begin to follow one way from a jump, or a loop; `leave` ends it."""
        self.ways += 1
        if self.ways > MAX_WAYS_WITHIN:
            raise Untraceable(f"more than {MAX_WAYS_WITHIN} branches within each other")

    def leave(self) -> None:
        self.ways -= 1

    def spend(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Untraceable(f"more than {MAX_STEPS} steps")


@dataclass(slots=True)
class Frame:
    """`free_scopes` says where each free variable lives, seen from the outermost code; `level` counts the code around this one."""

    code: Code
    release: Release
    free_scopes: Mapping[str, Scope]
    budget: Budget
    level: int = 0
    iterable: Expression | None = None
    """What a comprehension's code iterates over: its only argument."""
    steps: tuple[Instruction, ...] = field(init=False)
    position: dict[int, int] = field(init=False)
    """From the offset of an instruction to its index in `steps`."""
    statements: list[Statement] = field(default_factory=list)
    known: frozenset[str] | set[str] = frozenset()
    """Variables that have a value where the statements begin."""
    branches: int = 0
    loops: int = 0
    keyword_names: tuple[str, ...] = ()
    copied: Stack = field(default_factory=list)
    computed: dict[int, tuple[int, Expression]] = field(default_factory=dict)
    """What lay on top of the stack after a step, by its identity: its place in the order in which values were computed, and itself."""

    def __post_init__(self) -> None:
        if self.level > MAX_FUNCTIONS_WITHIN:
            raise Untraceable("too many functions within each other")
        if len(self.code.instructions) > MAX_BYTES:
            raise Untraceable(f"more than {MAX_BYTES} bytes of code")
        self.steps = tuple(step for instruction in instructions_of(self.code, self.release) for step in _plain(instruction))
        self.position = {}
        for index, step in enumerate(self.steps):
            self.position.setdefault(step.offset, index)

    def computes(self, values: Stack) -> None:
        for value in values:
            self.computed.setdefault(id(value), (len(self.computed), value))

    def name_of(self, instruction: Instruction) -> str:
        """The attribute or global that an instruction names."""
        return self.code.names[instruction.argument >> flag_bits(instruction.name, self.release)]

    def has_flag(self, instruction: Instruction) -> bool:
        """Whether the lowest bit of a name argument is a flag and set: a NULL or a receiver goes with the value."""
        return bool(flag_bits(instruction.name, self.release)) and bool(instruction.argument & 1)

    def variable_of(self, instruction: Instruction) -> str:
        (name,) = variables_of(self.code, instruction, self.release)
        return name

    def variable(self, name: str) -> Name:
        """A local, cell or free variable, with the scope it has seen from the outermost code."""
        if name in self.code.freevars:
            return Name(name, self.free_scopes.get(name, Scope.FREE))
        return Name(name, Scope.ARGUMENT if name in self.arguments() else Scope.LOCAL)

    def arguments(self) -> tuple[str, ...]:
        """The names of the parameters."""
        rest = bool(self.code.flags & TAKES_POSITIONAL_REST) + bool(self.code.flags & TAKES_KEYWORD_REST)
        return self.code.varnames[: self.code.argcount + self.code.kwonlyargcount + rest]

    def within(self, closure: Closure, iterable: Expression | None = None) -> Frame:
        """The frame of a function defined in this one."""
        scopes = {name: self.variable(name).scope for name in closure.code.freevars}
        return Frame(closure.code, self.release, scopes, self.budget, self.level + 1, iterable)

    @property
    def null(self) -> Marker:
        return Marker("NULL")


def _plain(instruction: Instruction) -> tuple[Instruction, ...]:
    """Split an instruction on two variables into two; the second one starts where no jump can land."""
    if instruction.name not in PAIRS_OF_LOCALS:
        return (instruction,)
    first = "STORE_FAST" if instruction.name.startswith("STORE") else "LOAD_FAST"
    second = "STORE_FAST" if instruction.name.endswith("STORE_FAST") else "LOAD_FAST"
    return (
        instruction._replace(name=first, argument=instruction.argument >> 4),
        instruction._replace(name=second, argument=instruction.argument & 15, offset=instruction.offset + 1),
    )


Operation = Callable[[Frame, Instruction, Stack], None]
"""What an instruction does to the stack of a frame."""


def pop(stack: Stack, count: int) -> Stack:
    """Take the top `count` entries, lowest first."""
    if count > len(stack):
        raise Untraceable("the stack runs empty")
    taken = stack[len(stack) - count :]
    del stack[len(stack) - count :]
    return taken


def pop_value(stack: Stack) -> Expression:
    (value,) = pop(stack, 1)
    return value


def under(stack: Stack, depth: int) -> Expression:
    """The entry `depth` places from the top, which is 1."""
    if not 1 <= depth <= len(stack):
        raise Untraceable("the stack runs empty")
    return stack[-depth]
