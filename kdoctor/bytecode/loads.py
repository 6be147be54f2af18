"""What loading and shuffling does to a stack of expressions."""

from __future__ import annotations

from kdoctor.bytecode.code import Code, Value
from kdoctor.bytecode.expression import Attribute, Constant, Display, Expression, Name, Scope, Slice
from kdoctor.bytecode.frame import Frame, Operation, Stack, pop, pop_value, under
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.stack_values import Cell, Closure, Copy, Iterating, Marker

MAX_ITEMS = 1000
"""Of a constant that has to be spelled out item by item."""

# In Python 2 these are names that somebody may assign to; nobody does.
PYTHON2_CONSTANTS = {"True": True, "False": False}


def from_constant(value: Value) -> Expression:
    """A constant as an expression: code as a function to be, slices (3.14) spelled out."""
    if isinstance(value, Code):
        return Closure(value)
    if isinstance(value, slice):
        return Slice(*(None if part is None else from_constant(part) for part in (value.start, value.stop, value.step)))
    if isinstance(value, tuple) and len(value) <= MAX_ITEMS and any(isinstance(item, (slice, Code)) for item in value):
        return Display("tuple", tuple(from_constant(item) for item in value))
    return Constant(value)


def load_constant(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(from_constant(frame.code.consts[instruction.argument]))


def load_small_integer(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(Constant(instruction.argument))


def load_variable(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    name = frame.variable_of(instruction)
    if name == ".0" and frame.iterable is not None:
        stack.append(Iterating(frame.iterable))
    elif name.startswith("."):
        raise Untraceable("an argument without a name")
    else:
        stack.append(frame.variable(name))


def load_cell(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(Cell(frame.variable_of(instruction)))


def load_and_clear(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """Saves a variable that a comprehension is about to borrow."""
    stack.append(Marker("saved"))


def load_global(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    name = frame.name_of(instruction)
    value = Constant(PYTHON2_CONSTANTS[name]) if frame.release < (3, 0) and name in PYTHON2_CONSTANTS else Name(name, Scope.GLOBAL)
    push_callable(frame, stack, value, frame.has_flag(instruction))


def load_attribute(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    value = Attribute(pop_value(stack), frame.name_of(instruction))
    push_callable(frame, stack, value, frame.has_flag(instruction) or (instruction.name == "LOAD_METHOD" and frame.release >= (3, 11)))


def push_callable(frame: Frame, stack: Stack, value: Expression, with_null: bool) -> None:
    """A callable has a NULL below it in 3.11 and 3.12, and above it since 3.13."""
    if with_null and frame.release < (3, 13):
        stack.append(frame.null)
    stack.append(value)
    if with_null and frame.release >= (3, 13):
        stack.append(frame.null)


def push_null(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(frame.null)


def get_iterator(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(Iterating(pop_value(stack)))


def discard(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """Drop what was only there to be looked at twice; dropping anything else loses something that the code does."""
    dropped = pop_value(stack)
    if not isinstance(dropped, (Copy, Marker)) and not any(dropped is kept for kept in frame.copied):
        raise Untraceable("a value is computed and dropped")


def duplicate(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    depth = instruction.argument if instruction.name == "COPY" else 1
    value = under(stack, depth)
    frame.copied.append(value)
    stack.append(Copy(value))


def rotate(count: int) -> Operation:
    """ROT_TWO, ROT_THREE, ROT_FOUR: the top goes below the next ones."""

    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        *lower, top = pop(stack, count or max(instruction.argument, 2))
        stack.extend((top, *lower))

    return apply


def swap(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    lowest, *middle, top = pop(stack, max(instruction.argument, 2))
    stack.extend((top, *middle, lowest))


def nothing(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """Instructions that a value never notices."""


LOADS: dict[str, Operation] = {
    **dict.fromkeys(("NOP", "RESUME", "COPY_FREE_VARS", "MAKE_CELL", "PRECALL", "TO_BOOL", "NOT_TAKEN", "GEN_START"), nothing),
    **dict.fromkeys(("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF"), load_variable),
    **dict.fromkeys(("LOAD_GLOBAL", "LOAD_NAME"), load_global),
    **dict.fromkeys(("LOAD_ATTR", "LOAD_METHOD"), load_attribute),
    "LOAD_CONST": load_constant,
    "LOAD_SMALL_INT": load_small_integer,
    "LOAD_CLOSURE": load_cell,
    "LOAD_FAST_AND_CLEAR": load_and_clear,
    "PUSH_NULL": push_null,
    "GET_ITER": get_iterator,
    "POP_TOP": discard,
    "DUP_TOP": duplicate,
    "COPY": duplicate,
    "ROT_TWO": rotate(2),
    "ROT_THREE": rotate(3),
    "ROT_FOUR": rotate(4),
    "ROT_N": rotate(0),
    "SWAP": swap,
}
