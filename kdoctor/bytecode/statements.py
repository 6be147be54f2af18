"""The statements of a named function: assignments and imports, each on an empty stack."""

from __future__ import annotations

from kdoctor.bytecode.conditions import original
from kdoctor.bytecode.expression import Assignment, Call, Constant, Display, Expression, Import, Name, Scope, Starred
from kdoctor.bytecode.frame import Frame, Stack, pop, pop_value
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.stack_values import Closure, Copy, Iterating, Marker

NOBODYS = ("_", "__", "___")
LEAVING = "leaving"
SPECIAL_EXIT = "__exit__"
OF_BLOCKS = (LEAVING, SPECIAL_EXIT)
"""What leaves a `with` block: below all that its statements put on the stack."""
STORES = ("STORE_FAST", "STORE_DEREF", "STORE_NAME", "UNPACK_SEQUENCE", "UNPACK_EX")


def store(frame: Frame, index: int, stack: Stack) -> int:
    """Follow the stores that start at a step; returns the step after them."""
    value = pop_value(stack)
    variable, following = target(frame, index)
    if isinstance(value, Marker) and value.what == "saved":
        return following
    if isinstance(value, (Marker, Closure, Iterating)):
        raise Untraceable("a function or an iterator is stored")
    if any(not isinstance(left, Marker) for left in stack) and not frame.code.is_lambda:
        return _store_several(frame, [(variable, value)], following, stack)
    _check_place(frame, stack)
    frame.statements.append(Assignment(variable, value))
    return following


def _store_several(frame: Frame, pairs: list[tuple[Expression, Expression]], index: int, stack: Stack) -> int:
    """`a = b = x` copies x before it stores it; `a, b = b, a` has both values on the stack before it stores one."""
    while any(not isinstance(left, Marker) for left in stack) and _step(frame, index).name in STORES:
        value = pop_value(stack)
        variable, index = target(frame, index)
        pairs.append((variable, value))
    _check_place(frame, stack)
    copied = [value.original for _, value in pairs if isinstance(value, Copy)]
    if copied:
        _store_copies(frame, pairs, copied[0])
    elif all(isinstance(each, Name) for pair in pairs for each in pair):
        # Reading a variable does nothing else, so the order in which Pythons do it does not matter; one is as good as another.
        pairs.sort(key=lambda pair: str(pair[0]))
        targets, values = zip(*pairs, strict=True)
        frame.statements.append(Assignment(Display("tuple", targets), Display("tuple", values)))
    else:
        _store_computed(frame, pairs)
    return index


def _store_computed(frame: Frame, pairs: list[tuple[Expression, Expression]]) -> None:
    """`a, b = f(x), g(x)`: the values in the order in which they are computed, whichever is stored first (later Pythons exchange the stores)."""
    stored = [variable for variable, _ in pairs]
    if not all(isinstance(variable, Name) for variable in stored) or len(set(stored)) != len(stored):
        raise Untraceable("several values are stored at once")
    if any(id(value) not in frame.computed for _, value in pairs):
        raise Untraceable("several values are stored at once")
    targets, values = zip(*sorted(pairs, key=lambda pair: frame.computed[id(pair[1])][0]), strict=True)
    frame.statements.append(Assignment(Display("tuple", targets), Display("tuple", values)))


def _store_copies(frame: Frame, pairs: list[tuple[Expression, Expression]], value: Expression) -> None:
    """`a = b = x` as `a = x` and `b = a`."""
    first = pairs[0][0]
    if not isinstance(first, Name) or any(original(each) is not value for _, each in pairs):
        raise Untraceable("several values are stored at once")
    frame.copied[:] = [kept for kept in frame.copied if kept is not value]
    frame.statements.append(Assignment(first, value))
    frame.statements += [Assignment(variable, first) for variable, _ in pairs[1:]]


def target(frame: Frame, index: int) -> tuple[Expression, int]:
    """The variable, or tuple of variables, that the steps from `index` on store into, and the step after them."""
    step = _step(frame, index)
    if step.name in ("STORE_FAST", "STORE_DEREF"):
        name = frame.variable_of(step)
        if name in frame.code.freevars:
            raise Untraceable("a variable of the code around is changed")
        return frame.variable(name), index + 1
    if step.name == "UNPACK_EX" and step.argument <= 0xFFFF:
        return _target_with_rest(frame, index + 1, step.argument & 0xFF, step.argument >> 8)
    if step.name != "UNPACK_SEQUENCE" or not 1 <= step.argument <= 255:
        raise Untraceable(f"instruction {step.name} where a variable is stored")
    items = []
    following = index + 1
    for _ in range(step.argument):
        item, following = target(frame, following)
        items.append(item)
    return Display("tuple", tuple(items)), following


def _target_with_rest(frame: Frame, index: int, before: int, after: int) -> tuple[Expression, int]:
    """`a, *b, c`."""
    items: list[Expression] = []
    for place in range(before + 1 + after):
        item, index = target(frame, index)
        items.append(Starred(item) if place == before else item)
    return Display("tuple", tuple(items)), index


def import_names(frame: Frame, index: int, stack: Stack) -> int:
    """Follow one import statement; returns the step after it."""
    level, names = pop(stack, 2)
    module = frame.name_of(frame.steps[index])
    _check_place(frame, stack)
    if level not in (Constant(0), Constant(-1)):
        raise Untraceable("a relative import")
    if names == Constant(None):
        return _import_module(frame, index + 1, module)
    following = index + 1
    while _step(frame, following).name == "IMPORT_FROM":
        name = frame.name_of(frame.steps[following])
        variable, following = target(frame, following + 1)
        frame.statements.append(Import(module, name, variable))
    return _after(frame, following, ("POP_TOP",))


def _import_module(frame: Frame, index: int, module: str) -> int:
    """`import a as b` stores at once; `import a.b.c as d` first takes b and c out of a: up to 3.6 as attributes."""
    parts = module.split(".")[1:]
    by_attribute = _step(frame, index).name == "LOAD_ATTR"
    for number, part in enumerate(parts):
        if number and not by_attribute:
            index = _after(frame, index, ("ROT_TWO", "SWAP"), ("POP_TOP",))
        following = _after(frame, index, ("LOAD_ATTR" if by_attribute else "IMPORT_FROM",))
        if frame.name_of(frame.steps[index]) != part:
            raise Untraceable("an import that goes on otherwise")
        index = following
    variable, index = target(frame, index)
    frame.statements.append(Import(module, None, variable))
    return _after(frame, index, ("POP_TOP",)) if parts and not by_attribute else index


def _after(frame: Frame, index: int, *expected: tuple[str, ...]) -> int:
    """The step after steps that must have these names."""
    for names in expected:
        if _step(frame, index).name not in names:
            raise Untraceable("an import that goes on otherwise")
        index += 1
    return index


def drop(frame: Frame, stack: Stack) -> bool:
    """Whether the value on top is a statement of its own, such as a call of `print`: kept as the assignment to a variable that nobody reads."""
    value = stack[-1] if stack else None
    if not isinstance(value, Call) or frame.code.is_lambda or frame.branches:
        return False
    if any(not isinstance(left, Marker) for left in stack[:-1]) or any(value is kept for kept in frame.copied):
        return False
    nobodys = next((name for name in NOBODYS if name not in frame.code.varnames), None)
    if nobodys is None:
        return False
    frame.statements.append(Assignment(Name(nobodys, Scope.LOCAL), pop_value(stack)))
    return True


def _check_place(frame: Frame, stack: Stack) -> None:
    if frame.loops or frame.code.is_lambda or any(not isinstance(left, Marker) or left.what not in OF_BLOCKS for left in stack):
        raise Untraceable("a statement within an expression")


def _step(frame: Frame, index: int) -> Instruction:
    if index >= len(frame.steps):
        raise Untraceable("the code runs off its end")
    return frame.steps[index]
