"""The statements of a named function: assignments and imports, each on an empty stack."""

from __future__ import annotations

from kdoctor.bytecode.expression import Assignment, Closure, Constant, Display, Expression, Import, Iterating, Marker
from kdoctor.bytecode.frame import Frame, Stack, pop, pop_value
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable

STORES = ("STORE_FAST", "STORE_DEREF", "STORE_NAME", "UNPACK_SEQUENCE")


def store(frame: Frame, index: int, stack: Stack) -> int:
    """Follow the stores that start at a step; returns the step after them."""
    value = pop_value(stack)
    variable, following = target(frame, index)
    if isinstance(value, Marker) and value.what == "saved":
        return following
    if isinstance(value, (Marker, Closure, Iterating)):
        raise Untraceable("a function or an iterator is stored")
    _check_place(frame, stack)
    frame.statements.append(Assignment(variable, value))
    return following


def target(frame: Frame, index: int) -> tuple[Expression, int]:
    """The variable, or tuple of variables, that the steps from `index` on store into, and the step after them."""
    step = _step(frame, index)
    if step.name in ("STORE_FAST", "STORE_DEREF"):
        name = frame.variable_of(step)
        if name in frame.code.freevars:
            raise Untraceable("a variable of the code around is changed")
        return frame.variable(name), index + 1
    if step.name != "UNPACK_SEQUENCE" or not 1 <= step.argument <= 255:
        raise Untraceable(f"instruction {step.name} where a variable is stored")
    items = []
    following = index + 1
    for _ in range(step.argument):
        item, following = target(frame, following)
        items.append(item)
    return Display("tuple", tuple(items)), following


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


def _check_place(frame: Frame, stack: Stack) -> None:
    if frame.branches or stack or frame.code.is_lambda:
        raise Untraceable("a statement within an expression")


def _step(frame: Frame, index: int) -> Instruction:
    if index >= len(frame.steps):
        raise Untraceable("the code runs off its end")
    return frame.steps[index]
