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
    if _step(frame, following).name != "POP_TOP":
        raise Untraceable("an import that goes on otherwise")
    return following + 1


def _import_module(frame: Frame, index: int, module: str) -> int:
    """`import a as b` stores at once; `import a.b as c` first takes b out of a, and up to 3.6 as an attribute."""
    for part in module.split(".")[1:]:
        step = _step(frame, index)
        if step.name not in ("IMPORT_FROM", "LOAD_ATTR") or frame.name_of(step) != part:
            raise Untraceable("an import that goes on otherwise")
        index += 1 if step.name == "LOAD_ATTR" else 3  # IMPORT_FROM, ROT_TWO or SWAP, POP_TOP
        if step.name == "IMPORT_FROM" and (
            _step(frame, index - 2).name not in ("ROT_TWO", "SWAP") or _step(frame, index - 1).name != "POP_TOP"
        ):
            raise Untraceable("an import that goes on otherwise")
    variable, following = target(frame, index)
    frame.statements.append(Import(module, None, variable))
    return following


def _check_place(frame: Frame, stack: Stack) -> None:
    if frame.branches or stack or frame.code.is_lambda:
        raise Untraceable("a statement within an expression")


def _step(frame: Frame, index: int) -> Instruction:
    if index >= len(frame.steps):
        raise Untraceable("the code runs off its end")
    return frame.steps[index]
