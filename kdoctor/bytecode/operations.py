"""What each instruction does to a stack of expressions, calls and jumps apart."""

from __future__ import annotations

from collections.abc import Callable

from kdoctor.bytecode.code import Code, Value
from kdoctor.bytecode.expression import (
    Attribute,
    Binary,
    Cell,
    Closure,
    Compare,
    Comprehension,
    Constant,
    Copy,
    Display,
    Expression,
    Iterating,
    Kind,
    Mapping,
    Marker,
    Name,
    Scope,
    Slice,
    Starred,
    Subscript,
    Unary,
)  # fmt: skip
from kdoctor.bytecode.frame import Frame, Stack
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable

Operation = Callable[[Frame, Instruction, Stack], None]

# Include/opcode.h: NB_ADD and the rest, then the same in place, then NB_SUBSCR (3.14).
BINARY_OPERATORS = ("+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^")
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not")
CLASSIC_DIVISION = "div"
"""`/` of Python 2, which rounds down between integers."""
OPERATOR_BY_NAME = {
    "ADD": "+", "AND": "&", "FLOOR_DIVIDE": "//", "LSHIFT": "<<", "MATRIX_MULTIPLY": "@", "MULTIPLY": "*", "MODULO": "%", "OR": "|",
    "POWER": "**", "RSHIFT": ">>", "SUBTRACT": "-", "TRUE_DIVIDE": "/", "DIVIDE": "div", "XOR": "^",
}  # fmt: skip

MAX_ITEMS = 1000
"""Of a constant that has to be spelled out item by item."""

# In Python 2 these are names that somebody may assign to; nobody does.
PYTHON2_CONSTANTS = {"True": True, "False": False}


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


def unary(operator: str) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        stack.append(Unary(operator, pop_value(stack)))

    return apply


def binary(operator: str, in_place: bool = False) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        left, right = pop(stack, 2)
        stack.append(Binary(operator, left, right, in_place))

    return apply


def numbered_binary(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    in_place, index = divmod(instruction.argument, len(BINARY_OPERATORS))
    if in_place > 1:
        subscript(frame, instruction, stack)
    else:
        binary(BINARY_OPERATORS[index], bool(in_place))(frame, instruction, stack)


def subscript(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    value, index = pop(stack, 2)
    stack.append(Subscript(value, index))


def build_slice(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(as_slice(pop(stack, instruction.argument)))


def as_slice(parts: Stack) -> Slice:
    if len(parts) not in (2, 3):
        raise Untraceable("a slice of other than two or three parts")
    lower, upper, step = (None if part == Constant(None) else part for part in (*parts, Constant(None))[:3])
    return Slice(lower, upper, step)


def binary_slice(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    value, *bounds = pop(stack, 3)
    stack.append(Subscript(value, as_slice(bounds)))


def python2_slice(has_lower: bool, has_upper: bool) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        value, *bounds = pop(stack, 1 + has_lower + has_upper)
        lower = bounds[0] if has_lower else None
        stack.append(Subscript(value, Slice(lower, bounds[-1] if has_upper else None, None)))

    return apply


def compare(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    left, right = pop(stack, 2)
    number = instruction.argument >> (5 if frame.release >= (3, 13) else 4 if frame.release >= (3, 12) else 0)
    if number >= len(COMPARISONS):
        raise Untraceable("a comparison with an exception")
    stack.append(Compare(left, (COMPARISONS[number],), (right,)))


def membership(positive: str, negative: str) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        left, right = pop(stack, 2)
        stack.append(Compare(left, (negative if instruction.argument & 1 else positive,), (right,)))

    return apply


def build(kind: Kind) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        stack.append(Display(kind, tuple(pop(stack, instruction.argument))))

    return apply


def extend(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """`[*a, b]`: what is added is spelled out when it is a constant or another display."""
    added = pop_value(stack)
    display = _under(stack, instruction.argument)
    if not isinstance(display, Display):
        raise Untraceable("something other than a list is extended")
    stack[-instruction.argument] = Display(display.kind, display.items + spread(added))


def spread(added: Expression) -> tuple[Expression, ...]:
    """The items of `*added`."""
    if isinstance(added, Constant) and isinstance(added.value, (tuple, frozenset)):
        items = added.value if isinstance(added.value, tuple) else sorted(added.value, key=repr)
        if len(items) > MAX_ITEMS:
            raise Untraceable(f"more than {MAX_ITEMS} items")
        return tuple(from_constant(item) for item in items)
    if isinstance(added, Display) and added.kind != "set":
        return added.items
    return (Starred(added),)


def list_to_tuple(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    display = pop_value(stack)
    if not isinstance(display, Display):
        raise Untraceable("something other than a list becomes a tuple")
    stack.append(Display("tuple", display.items))


def build_unpacked(kind: Kind) -> Operation:
    """3.5 to 3.8: `[*a, *b]` from its parts."""

    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        parts = pop(stack, instruction.argument)
        stack.append(Display(kind, tuple(item for part in parts for item in spread(part))))

    return apply


def build_mapping(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    count = instruction.argument if frame.release >= (3, 5) else 0
    entries = pop(stack, 2 * count)
    stack.append(Mapping(tuple(zip(entries[::2], entries[1::2], strict=True))))


def build_mapping_of_keys(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    *values, keys = pop(stack, instruction.argument + 1)
    if not isinstance(keys, Constant) or not isinstance(keys.value, tuple) or len(keys.value) != len(values):
        raise Untraceable("a dict without its keys")
    stack.append(Mapping(tuple(zip(map(from_constant, keys.value), values, strict=True))))


def python2_store_entry(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    mapping, value, key = pop(stack, 3)
    if not isinstance(mapping, Mapping):
        raise Untraceable("something other than a dict is filled")
    stack.append(Mapping((*mapping.items, (key, value))))


def update_mapping(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    added = pop_value(stack)
    mapping = _under(stack, instruction.argument)
    if not isinstance(mapping, Mapping):
        raise Untraceable("something other than a dict is updated")
    stack[-instruction.argument] = Mapping(mapping.items + entries_of(added))


def build_unpacked_mapping(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    parts = pop(stack, instruction.argument & 0xFF)
    stack.append(Mapping(tuple(entry for part in parts for entry in entries_of(part))))


def entries_of(added: Expression) -> tuple[tuple[Expression | None, Expression], ...]:
    """The entries of `**added`."""
    return added.items if isinstance(added, Mapping) else ((None, added),)


def collect(kind: Kind) -> Operation:
    """The element of a comprehension goes to the collection below."""

    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        key = None
        if kind == "dict":
            first, second = pop(stack, 2)
            key, element = (first, second) if frame.release >= (3, 8) else (second, first)
        else:
            element = pop_value(stack)
        if _under(stack, instruction.argument) != (Mapping(()) if kind == "dict" else Display(kind, ())):
            raise Untraceable("a collection is filled in more than one place")
        stack[-instruction.argument] = Comprehension(kind, element, key, ())

    return apply


def get_iterator(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(Iterating(pop_value(stack)))


def discard(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """Drop what was only there to be looked at twice; dropping anything else loses something that the code does."""
    dropped = pop_value(stack)
    if not isinstance(dropped, (Copy, Marker)) and not any(dropped is kept for kept in frame.copied):
        raise Untraceable("a value is computed and dropped")


def duplicate(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    depth = instruction.argument if instruction.name == "COPY" else 1
    value = _under(stack, depth)
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


def _under(stack: Stack, depth: int) -> Expression:
    if not 1 <= depth <= len(stack):
        raise Untraceable("the stack runs empty")
    return stack[-depth]


OPERATIONS: dict[str, Operation] = {
    **dict.fromkeys(("NOP", "RESUME", "COPY_FREE_VARS", "MAKE_CELL", "PRECALL", "TO_BOOL", "NOT_TAKEN", "GEN_START", "EXTENDED_ARG"), nothing),
    **dict.fromkeys(("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF"), load_variable),
    **dict.fromkeys(("LOAD_GLOBAL", "LOAD_NAME"), load_global),
    **dict.fromkeys(("LOAD_ATTR", "LOAD_METHOD"), load_attribute),
    **{f"BINARY_{name}": binary(operator) for name, operator in OPERATOR_BY_NAME.items()},
    **{f"INPLACE_{name}": binary(operator, True) for name, operator in OPERATOR_BY_NAME.items()},
    "LOAD_CONST": load_constant, "LOAD_SMALL_INT": load_small_integer, "LOAD_CLOSURE": load_cell, "LOAD_FAST_AND_CLEAR": load_and_clear,
    "PUSH_NULL": push_null, "UNARY_NEGATIVE": unary("-"), "UNARY_POSITIVE": unary("+"), "UNARY_INVERT": unary("~"), "UNARY_NOT": unary("not"),
    "BINARY_OP": numbered_binary, "BINARY_SUBSCR": subscript, "BUILD_SLICE": build_slice, "BINARY_SLICE": binary_slice,
    "SLICE+0": python2_slice(False, False), "SLICE+1": python2_slice(True, False), "SLICE+2": python2_slice(False, True),
    "SLICE+3": python2_slice(True, True), "COMPARE_OP": compare, "IS_OP": membership("is", "is not"),
    "CONTAINS_OP": membership("in", "not in"), "BUILD_TUPLE": build("tuple"), "BUILD_LIST": build("list"), "BUILD_SET": build("set"),
    "LIST_EXTEND": extend, "SET_UPDATE": extend, "LIST_TO_TUPLE": list_to_tuple, "BUILD_TUPLE_UNPACK": build_unpacked("tuple"),
    "BUILD_TUPLE_UNPACK_WITH_CALL": build_unpacked("tuple"), "BUILD_LIST_UNPACK": build_unpacked("list"), "BUILD_SET_UNPACK": build_unpacked("set"),
    "BUILD_MAP": build_mapping, "BUILD_CONST_KEY_MAP": build_mapping_of_keys, "STORE_MAP": python2_store_entry,
    "DICT_UPDATE": update_mapping, "DICT_MERGE": update_mapping, "BUILD_MAP_UNPACK": build_unpacked_mapping,
    "BUILD_MAP_UNPACK_WITH_CALL": build_unpacked_mapping, "LIST_APPEND": collect("list"), "SET_ADD": collect("set"), "MAP_ADD": collect("dict"),
    "GET_ITER": get_iterator, "POP_TOP": discard, "DUP_TOP": duplicate, "COPY": duplicate,
    "ROT_TWO": rotate(2), "ROT_THREE": rotate(3), "ROT_FOUR": rotate(4), "ROT_N": rotate(0), "SWAP": swap,
}  # fmt: skip
