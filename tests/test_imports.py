"""What a command must not import: each of these costs more than the command itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "sample_models" / "healthy"
PROBE = """
import sys
from kdoctor.cli import main
try:
    main()
finally:
    print(*sorted({"h5py", "numpy", "pyfive", "keras", "tensorflow", "kdoctor.bytecode", "kdoctor.archive.writing"} & {*sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("checks",),
        ("inspect", str(SAMPLES / "not_compiled.keras")),
        ("inspect", str(SAMPLES / "not_compiled__keras_2.h5")),
        ("inspect", "--format", "json", str(SAMPLES / "not_compiled.keras")),
        ("fix", str(SAMPLES / "not_compiled.keras"), "--diff"),
    ],
    ids=lambda arguments: " ".join(Path(argument).name for argument in arguments),
)
def test_a_command_that_needs_no_numbers_imports_no_library_of_numbers(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert {*done.stderr.split()} <= ({"kdoctor.archive.writing"} if arguments[0] == "fix" else set())
