"""What was found out about a code object is found out once, and never taken for what another one says."""

from __future__ import annotations

from kdoctor.bytecode.code import Code
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.names import names_read
from kdoctor.bytecode.remembered import remembered
from kdoctor.bytecode.source import source_of

from .fixtures import dumped


def test_a_question_is_answered_once_for_the_same_code() -> None:
    asked = []

    @remembered
    def ask(code: Code, what: str) -> int:
        asked.append(what)
        return len(asked)

    code = read_code(dumped("lambda x: x + 1"))
    assert [ask(code, "a"), ask(code, "a"), ask(code, "b")] == [1, 1, 2]
    assert names_read(code) is names_read(code)


def test_code_that_python_calls_equal_is_not_the_same() -> None:
    whole, half, true = (read_code(dumped(f"lambda x: x * {number}")) for number in ("1", "1.0", "True"))
    texts = [source.text for code in (whole, half, true) if (source := source_of(code)) is not None]
    assert texts == ["lambda x: x * 1", "lambda x: x * 1.0", "lambda x: x * True"]
