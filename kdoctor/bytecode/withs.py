"""`with tf.name_scope("a"):`, which changes the names of a graph and nothing that it computes: followed as if it were not there."""

from __future__ import annotations

from kdoctor.bytecode.conditions import original
from kdoctor.bytecode.expression import Attribute, Call, Constant, Expression, Name
from kdoctor.bytecode.frame import Frame, Operation, Stack, pop, pop_value
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.stack_values import Marker
from kdoctor.bytecode.statements import LEAVING, SPECIAL_EXIT

NAMING = ("name_scope", "device")
MODULES = ("tf", "tensorflow", "ktf", "K", "backend", "keras")
"""What a `with` may call: `tf.name_scope`, `K.name_scope`, `tf.device`, under whatever name people import the module."""
OTHER_HANDLERS = ("SETUP_FINALLY", "SETUP_EXCEPT")
NOTHING = Constant(None)
ENTER, EXIT = 0, 1
SPECIAL = {ENTER: "__enter__", EXIT: SPECIAL_EXIT}
"""The arguments of LOAD_SPECIAL (Include/internal/pycore_ceval.h) that `with` uses; the others are of `async with`."""
SELF = "self"


def check_handlers(frame: Frame) -> None:
    """Raise Untraceable for `try`. Since 3.11 nothing marks its start; but its handler does not begin as that of a `with`."""
    names = [step.name for step in frame.steps]
    for index, name in enumerate(names):
        of_with = name == "PUSH_EXC_INFO" and names[index + 1 : index + 2] == ["WITH_EXCEPT_START"]
        if name in OTHER_HANDLERS or (name == "PUSH_EXC_INFO" and not of_with):
            raise Untraceable("code that handles exceptions")


def enter(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """SETUP_WITH up to 3.10, BEFORE_WITH up to 3.13: what leaves the block, and what entering it gave."""
    _check_naming(pop_value(stack))
    stack += (Marker(LEAVING), Marker("entered"))


def load_special(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """Since 3.14 a block is entered in steps: `__exit__` of the context and the context itself, then `__enter__` likewise, which is called."""
    _check_naming(original(pop_value(stack)))
    if instruction.argument not in SPECIAL:
        raise Untraceable("a with statement")
    stack += (Marker(SPECIAL[instruction.argument]), Marker(LEAVING if instruction.argument == EXIT else SELF))


def _check_naming(context: Expression) -> None:
    function = context.function if isinstance(context, Call) else None
    root = function
    while isinstance(root, Attribute):
        root = root.value
    if not isinstance(function, Attribute) or function.name not in NAMING or not isinstance(root, Name) or root.name not in MODULES:
        raise Untraceable("a with statement")


def leave(step: Instruction, stack: Stack) -> bool:
    """Whether a call is the one that leaves a block: `exit(None, None, None)`, since 3.9 written out, on the way that nothing went wrong."""
    if step.name == "CALL" and step.argument == 0 and [_what(item) for item in stack[-2:]] == [SPECIAL[ENTER], SELF]:
        stack[-2:] = [Marker("entered")]
        return True
    height = next((index for index in range(len(stack) - 1, -1, -1) if original(original(stack[index])) != NOTHING), -1)
    if height < 0 or not _leaves(stack[height]) or len(stack) - height - 1 not in (2, 3) or step.name not in ("CALL_FUNCTION", "CALL"):
        return False
    del stack[height - (height > 0 and _what(stack[height - 1]) == SPECIAL[EXIT]) :]
    stack.append(Marker("left"))
    return True


def cleanup_start(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """WITH_CLEANUP_START of 3.5 to 3.8: a None on top says that nothing went wrong."""
    nothing = pop_value(stack)
    if nothing != NOTHING and not (isinstance(nothing, Marker) and nothing.what == "finally"):
        raise Untraceable("a with statement")
    place = next((index for index in range(len(stack) - 1, -1, -1) if _leaves(stack[index])), -1)
    if place < 0:
        raise Untraceable("a with statement")
    del stack[place]
    stack += (nothing, Marker("left"), Marker("left"))


def cleanup(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """WITH_CLEANUP of 2.7: both steps in one."""
    cleanup_start(frame, instruction, stack)
    pop(stack, 2)


def cleanup_finish(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    pop(stack, 2)


def begin_finally(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(Marker("finally"))


def _leaves(value: Expression) -> bool:
    return _what(value) == LEAVING


def _what(value: Expression) -> str | None:
    return value.what if isinstance(value, Marker) else None


def _nothing(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """POP_BLOCK: the interpreter's own bookkeeping."""


def _pop_finally(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    pop(stack, 1)


WITHS: dict[str, Operation] = {
    "SETUP_WITH": enter,
    "BEFORE_WITH": enter,
    "LOAD_SPECIAL": load_special,
    "POP_BLOCK": _nothing,
    "WITH_CLEANUP": cleanup,
    "WITH_CLEANUP_START": cleanup_start,
    "WITH_CLEANUP_FINISH": cleanup_finish,
    "BEGIN_FINALLY": begin_finally,
    "END_FINALLY": _pop_finally,
    "POP_FINALLY": _pop_finally,
}
