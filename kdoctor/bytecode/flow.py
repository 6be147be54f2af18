"""Where the ways through a code object meet again after a jump."""

from __future__ import annotations

from kdoctor.bytecode.code import Release
from kdoctor.bytecode.instructions import Instruction

ENDS = ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE")
JUMPS = ("JUMP_FORWARD", "JUMP_ABSOLUTE", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "CONTINUE_LOOP")


def meeting_points(steps: tuple[Instruction, ...], position: dict[int, int]) -> list[int]:
    """For every instruction the first one that every way from it passes; `len(steps)` where the ways end apart.

    A jump backwards counts as an end: what a loop repeats is followed once. These are the immediate post-dominators
    (Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm"), which need a single pass in code without cycles.
    """
    end = len(steps)
    meeting = [end] * (end + 1)
    for index in range(end - 1, -1, -1):
        ways = _ways(steps, position, index, end)
        meeting[index] = ways[0] if len(ways) == 1 else _meet(meeting, *ways)
    return meeting


def _ways(steps: tuple[Instruction, ...], position: dict[int, int], index: int, end: int) -> list[int]:
    step = steps[index]
    if step.name in ENDS:
        return [end]
    if step.name == "FOR_ITER" and step.target is not None:
        return [position[step.target]]
    ways = [] if step.name in JUMPS else [index + 1]
    if step.target is not None and step.name not in ("SETUP_WITH", "SETUP_LOOP"):
        target = position[step.target]
        ways.append(target if target > index else end)
    return ways


def _meet(meeting: list[int], left: int, right: int) -> int:
    while left != right:
        if left < right:
            left = meeting[left]
        else:
            right = meeting[right]
    return left


def after_loop(steps: tuple[Instruction, ...], index: int, release: Release) -> int:
    """Skip what removes the iterator: nothing up to 3.11, END_FOR in 3.12, two instructions since."""
    names = [step.name for step in steps[index : index + 2]]
    if names[:1] != ["END_FOR"]:
        return index
    return index + (2 if release >= (3, 13) and names[1:] in (["POP_TOP"], ["POP_ITER"]) else 1)
