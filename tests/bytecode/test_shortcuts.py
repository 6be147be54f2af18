"""Python 3.14 writes `tuple(…)`, `all(…)` and `any(…)` of a generator twice, and asks first whether the name is the builtin."""

from __future__ import annotations

import pytest

from kdoctor.bytecode.code import Release
from kdoctor.bytecode.instructions import instructions_of
from kdoctor.bytecode.shortcuts import call_in_full

from .test_recorded import codes, name_of

PYTHON_3_14: Release = (3, 14)


@pytest.mark.parametrize("function", ["averaged", "any_negative", "all_known"])
def test_the_call_that_is_written_out_comes_after_the_question(function: str) -> None:
    (code,) = [code for source, code in codes("3.14").items() if name_of(source) == function]
    steps = instructions_of(code, PYTHON_3_14)
    (asked,) = [index for index, step in enumerate(steps) if step.name == "LOAD_COMMON_CONSTANT"]
    target = call_in_full(steps, asked - 1)
    assert [step.name for step in steps if step.offset == target] == ["PUSH_NULL"]
    assert [index for index in range(len(steps)) if call_in_full(steps, index) is not None] == [asked - 1]
