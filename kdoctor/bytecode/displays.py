"""What tuples, lists, sets and dicts, spelled out or filled by a loop, do to a stack of expressions."""

from __future__ import annotations

from kdoctor.bytecode.expression import Comprehension, Constant, Display, Expression, Kind, Mapping, Starred
from kdoctor.bytecode.frame import Frame, Operation, Stack, pop, pop_value, under
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.loads import MAX_ITEMS, from_constant


def build(kind: Kind) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        items = tuple(pop(stack, instruction.argument))
        # `()` is a constant since 3.7.
        stack.append(Constant(()) if kind == "tuple" and not items else Display(kind, items))

    return apply


def extend(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """`[*a, b]`: what is added is spelled out when it is a constant or another display."""
    added = pop_value(stack)
    display = under(stack, instruction.argument)
    if not isinstance(display, Display):
        raise Untraceable("something other than a list is extended")
    stack[-instruction.argument] = Display(display.kind, display.items + spread(added, display.kind))


def spread(added: Expression, into: Kind = "list") -> tuple[Expression, ...]:
    """The items of `*added`; a set loses its order and its doubles only where it does not become part of another."""
    if isinstance(added, Constant) and isinstance(added.value, (tuple, frozenset)):
        items = added.value if isinstance(added.value, tuple) else sorted(added.value, key=repr)
        if len(items) > MAX_ITEMS:
            raise Untraceable(f"more than {MAX_ITEMS} items")
        return tuple(from_constant(item) for item in items)
    if isinstance(added, Display) and (added.kind != "set" or into == "set"):
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
        stack.append(Display(kind, tuple(item for part in parts for item in spread(part, kind))))

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
    mapping = under(stack, instruction.argument)
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
    """The element of a comprehension goes to the collection below its iterator; right below, it is a display like `[*a, b]`."""

    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        if instruction.argument == 1:
            append(stack)
            return
        key = None
        if kind == "dict":
            first, second = pop(stack, 2)
            key, element = (first, second) if frame.release >= (3, 8) else (second, first)
        else:
            element = pop_value(stack)
        if under(stack, instruction.argument) != (Mapping(()) if kind == "dict" else Display(kind, ())):
            raise Untraceable("a collection is filled in more than one place")
        stack[-instruction.argument] = Comprehension(kind, element, key, ())

    return apply


def append(stack: Stack) -> None:
    display, item = pop(stack, 2)
    if not isinstance(display, Display):
        raise Untraceable("something other than a list is extended")
    stack.append(display.and_then(item))


DISPLAYS: dict[str, Operation] = {
    "BUILD_TUPLE": build("tuple"),
    "BUILD_LIST": build("list"),
    "BUILD_SET": build("set"),
    "LIST_EXTEND": extend,
    "SET_UPDATE": extend,
    "LIST_TO_TUPLE": list_to_tuple,
    "BUILD_TUPLE_UNPACK": build_unpacked("tuple"),
    "BUILD_TUPLE_UNPACK_WITH_CALL": build_unpacked("tuple"),
    "BUILD_LIST_UNPACK": build_unpacked("list"),
    "BUILD_SET_UNPACK": build_unpacked("set"),
    "BUILD_MAP": build_mapping,
    "BUILD_CONST_KEY_MAP": build_mapping_of_keys,
    "STORE_MAP": python2_store_entry,
    "DICT_UPDATE": update_mapping,
    "DICT_MERGE": update_mapping,
    "BUILD_MAP_UNPACK": build_unpacked_mapping,
    "BUILD_MAP_UNPACK_WITH_CALL": build_unpacked_mapping,
    "LIST_APPEND": collect("list"),
    "SET_ADD": collect("set"),
    "MAP_ADD": collect("dict"),
}
