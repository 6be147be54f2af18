from __future__ import annotations

import opcode
import sys

import pytest

from kdoctor.bytecode.code import RELEASES, Release
from kdoctor.bytecode.opcodes import Operand, flag_bits, opcode_table


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_every_release_has_its_instructions(release: Release) -> None:
    table = opcode_table(release)
    by_name = {each.name: each for each in table.by_number.values()}
    assert by_name["LOAD_CONST"].operand is Operand.CONSTANT
    assert by_name["LOAD_GLOBAL"].operand is Operand.NAME
    assert by_name["LOAD_FAST"].operand is Operand.LOCAL
    assert by_name["LOAD_DEREF"].operand is Operand.FREE
    assert by_name["FOR_ITER"].operand is Operand.JUMP_BY
    assert by_name["RETURN_VALUE"].operand is Operand.NOTHING
    assert table.is_wordcode == (release >= (3, 6))


def test_the_table_of_the_running_python_is_what_it_says_itself() -> None:
    table = opcode_table(sys.version_info[:2])
    theirs = {name: number for name, number in opcode.opmap.items() if number < 256}
    ours = {each.name: each.number for each in table.by_number.values()}
    assert ours.items() <= theirs.items()
    assert all(name.startswith("INSTRUMENTED_") or name in ("ENTER_EXECUTOR", "RESERVED") for name in theirs.keys() - ours.keys())


def test_flags_in_name_arguments_came_with_their_releases() -> None:
    assert [flag_bits("LOAD_GLOBAL", release) for release in ((3, 10), (3, 11))] == [0, 1]
    assert [flag_bits("LOAD_ATTR", release) for release in ((3, 11), (3, 12))] == [0, 1]
    assert flag_bits("LOAD_NAME", (3, 13)) == 0
