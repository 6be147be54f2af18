"""The command line as a whole: help, version, completion, pipes, terminals."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from cli.command import Run

from kdoctor import __version__, cli

COMMANDS = ("inspect", "fix", "scan", "verify", "explain", "checks")


def test_the_version_is_the_packages(kdoctor: Run) -> None:
    assert kdoctor("--version").out == f"kdoctor {__version__}\n"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command(kdoctor: Run, option: str) -> None:
    ended = kdoctor(option)
    assert ended.code == 0
    assert [command for command in COMMANDS if f" {command} " in ended.out] == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(kdoctor: Run, command: str) -> None:
    ended = kdoctor(command, "--help")
    assert ended.code == 0
    assert f"kdoctor {command}" in ended.words


def test_no_command_at_all_shows_the_help(kdoctor: Run) -> None:
    ended = kdoctor()
    assert "inspect" in ended.out + ended.err
    assert ended.code in (0, 2)


def test_a_command_that_does_not_exist_is_wrong_usage(kdoctor: Run) -> None:
    assert kdoctor("heal").code == 2


def test_it_runs_as_a_module(process: Run) -> None:
    ended = process("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"kdoctor {__version__}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_the_commands(process: Run, shell: str) -> None:
    asked = {"_KDOCTOR_COMPLETE": f"complete_{shell}", "COMP_WORDS": "kdoctor ", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "kdoctor "}
    ended = process(env={**os.environ, **asked})
    assert ended.code == 0
    assert [command for command in COMMANDS if command in ended.out] == list(COMMANDS)


def test_completion_can_be_shown_for_installing(process: Run) -> None:
    ended = process("--show-completion", "bash")
    assert "_KDOCTOR_COMPLETE" in ended.out or "kdoctor" in ended.out
    assert ended.code == 0


def test_a_reader_who_has_seen_enough_of_a_pipe_gets_no_traceback(samples: Path) -> None:
    command = [sys.executable, "-m", "kdoctor", "inspect", *map(str, (samples / "sick").iterdir())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1


@pytest.mark.parametrize("arguments", [("inspect", "healthy/lambda_code.keras"), ("checks",), ("explain", "K101")])
def test_a_terminal_without_unicode_gets_no_traceback(process: Run, samples: Path, arguments: tuple[str, ...]) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    ended = process(*arguments, env=environment, cwd=samples)
    assert (ended.code, ended.err) == (0, "")


def on_a_terminal(samples: Path, **environment: str) -> str:
    """What ``kdoctor inspect`` prints on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI", "GITHUB_ACTIONS")
    }
    command = [sys.executable, "-m", "kdoctor", "inspect", str(samples / "sick/lambda_code.keras")]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, env={**inherited, "TERM": "xterm", "COLUMNS": "80", **environment}):
        os.close(theirs)
        shown = b""
        while piece := piece_of(ours):
            shown += piece
    os.close(ours)
    return shown.decode()


def piece_of(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux says so when the other side is closed
        return b""


def test_a_terminal_gets_colors_and_lines_of_its_own_width(samples: Path) -> None:
    shown = on_a_terminal(samples)
    assert "\x1b[1;31merror" in shown
    assert max(len(line) for line in on_a_terminal(samples, NO_COLOR="1").splitlines()[:4]) == 80


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colors_gets_none(samples: Path, variable: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal(samples, **variable)


def test_a_pipe_gets_no_colors(process: Run, samples: Path) -> None:
    ended = process("inspect", samples / "sick/lambda_code.keras", env={**os.environ, "TERM": "xterm", "FORCE_COLOR": "1"})
    assert "error K401" in ended.out
    assert "\x1b" not in ended.out


POISON = "import pathlib\npathlib.Path({marker!r}).write_text(__name__)\nraise ImportError('must not be imported')\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "healthy/lambda_code.keras", "sick/hub_layer.h5", "--format", "json"),
        ("fix", "sick/input_shape_conflict.keras", "-o", "{out}.keras"),
        ("fix", "sick/input_shape_conflict__two_input_layers.h5", "-o", "{out}.h5"),
        ("scan", "healthy", "-j", "2"),
        ("explain", "K401"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_keras_and_tensorflow_are_never_imported_not_even_by_a_worker(
    process: Run, samples: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    for package in ("keras", "tensorflow", "tf_keras", "tensorflow_hub", "torch", "jax"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(POISON.format(marker=str(tmp_path / "marker")))
    given = (argument.format(out=tmp_path / "out") for argument in arguments)
    ended = process(*given, cwd=samples, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert (ended.code in (0, 1), ended.err) == (True, "")
    assert not (tmp_path / "marker").exists()


def test_a_name_that_is_mistyped_is_held_against_all(kdoctor: Run) -> None:
    ended = kdoctor("inspct")
    assert ended.code == 2
    assert "inspect" in ended.err


def test_every_module_that_holds_a_command_is_listed() -> None:
    from kdoctor.cli.app import COMMANDS as names

    shared = {"__init__", "app", "answers", "brought", "judging", "options", "outputs", "progress"}
    assert {path.stem for path in Path(cli.__file__).parent.glob("*.py")} - shared == {*names}


def test_an_option_of_a_command_is_completed_without_importing_the_others(process: Run) -> None:
    asked = {"_KDOCTOR_COMPLETE": "complete_bash", "COMP_WORDS": "kdoctor scan --clu", "COMP_CWORD": "2"}
    ended = process(env={**os.environ, **asked})
    assert (ended.code, ended.out.split()) == (0, ["--cluster"])
