"""`tuple(… for …)`, `all(…)` and `any(…)` as Python 3.14 compiles them: twice, the first time without the call where the name is the builtin."""

from __future__ import annotations

from collections.abc import Sequence

from kdoctor.bytecode.instructions import Instruction

GUARD = ("COPY", "LOAD_COMMON_CONSTANT", "IS_OP", "POP_JUMP_IF_FALSE")
BUILTINS = (2, 3, 4)
"""tuple, all, any (Include/internal/pycore_opcode_utils.h)."""


def call_in_full(steps: Sequence[Instruction], index: int) -> int | None:
    """Where a step begins the question whether the name is the builtin: the place of the call that is made if it is not, which says the same."""
    asked = steps[index : index + len(GUARD)]
    if tuple(step.name for step in asked) != GUARD or asked[0].argument != 1 or asked[1].argument not in BUILTINS or asked[2].argument:
        return None
    return asked[3].target
