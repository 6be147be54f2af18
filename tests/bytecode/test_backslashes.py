"""What Keras on Windows writes as slashes: told apart where only one reading is possible, doubted where it is not."""

from __future__ import annotations

import marshal

import pytest

from kdoctor.bytecode.backslashes import doubtful_constant
from kdoctor.bytecode.instructions import instructions_of
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.source import source_of

from .fixtures import recorded

WITH_WORDS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12")
ON_WINDOWS = "C:\\Users\\me\\train.py"


def on_windows(data: bytes) -> bytes:
    """``func_dump`` of Keras 2 and 3 where ``os.name`` is ``nt``."""
    return data.replace(b"\\", b"/")


@pytest.mark.parametrize("python", WITH_WORDS)
def test_code_that_unpacks_is_read_as_it_was(python: str) -> None:
    release = (int(python.split(".")[0]), int(python.split(".")[1]))
    found = 0
    for each in recorded(python):
        sound = read_code(each.data)
        names = [instruction.name for instruction in instructions_of(sound, release)]
        if "UNPACK_SEQUENCE" in names:
            found += 1
            broken = read_code(on_windows(each.data))
            assert [instruction.name for instruction in instructions_of(broken, release)] == names
            assert source_of(broken) == source_of(sound)
    assert found, "no recorded code unpacks anything"


def compiled(source: str, filename: str) -> bytes:
    return on_windows(marshal.dumps(compile(source, filename, "eval")))


@pytest.mark.parametrize(
    ("source", "doubted"), [("x[92]", 47), ("x[47]", 47), ("x + (47 << 45)", 47 << 45), ("x * 0.1", None), ("x[46]", None)]
)
def test_a_number_that_windows_may_have_changed_is_doubted(source: str, doubted: int | None) -> None:
    assert doubtful_constant(read_code(compiled(source, ON_WINDOWS))) == doubted
    assert doubtful_constant(read_code(compiled(source, "/home/me/train.py"))) is None
