"""Recovered source compiled for a Python, in a child process that runs nothing of it."""

from __future__ import annotations

import marshal
import sys
from pathlib import Path

import pytest

from kdoctor.bytecode.marshal import read_code
from kdoctor.errors import UsageError
from kdoctor.recompiling.run import CHILD, compiled, release_of

SOURCE = "def around(k):\n    return lambda x: x * k\n"


def test_the_inner_function_comes_back_as_code_of_this_python() -> None:
    code = read_code(compiled([SOURCE])[SOURCE])
    assert (code.name, code.freevars) == ("<lambda>", ("k",))
    assert sys.version_info[:2] in code.python


def test_what_is_no_source_is_left_out_and_the_rest_comes_back() -> None:
    assert set(compiled(["def around(:", SOURCE, "x = 1", "x" * 9_000 + "\0"])) == {SOURCE}


def test_nothing_of_the_source_is_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    act = f"open({str(trace)!r}, 'w').close()"
    source = f"{act}\ndef around(k=[{act}]):\n    {act}\n    return lambda x, y=[{act}]: {act}\n"
    function = marshal.loads(compiled([source])[source])
    assert function.co_name == "<lambda>"
    assert not trace.exists()


def test_a_constant_that_no_memory_holds_ends_nothing() -> None:
    huge = "def around():\n    return lambda x: " + "'" + "a" * 4000 + "' * 4000 * 4000 * 4000\n"
    assert SOURCE in compiled([huge, SOURCE])


def test_an_interpreter_says_which_python_it_is() -> None:
    assert release_of(sys.executable) == sys.version_info[:2]


@pytest.mark.parametrize("what", ["/nowhere/python", "ls"])
def test_what_is_no_interpreter_is_told(what: str) -> None:
    with pytest.raises(UsageError, match=what):
        release_of(what)


def test_the_child_imports_nothing_but_python_itself() -> None:
    imported = {line.split()[1] for line in CHILD.read_text("utf-8").splitlines() if line.strip().startswith(("import ", "from "))}
    assert imported == {"__future__", "base64", "json", "marshal", "resource", "sys", "types"}
