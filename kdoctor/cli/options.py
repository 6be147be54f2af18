"""The options that several commands share, and what their texts mean."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdoctor.archive.remote.address import address_of, shown
from kdoctor.errors import UsageError
from kdoctor.target import Given, Target
from kdoctor.verdict import Severity

if TYPE_CHECKING:
    from kdoctor.user_code.definition import Definition


class Format(str, Enum):
    TEXT = "text"
    JSON = "json"


class ReportFormat(str, Enum):
    """How reports on files are said: for people, for programs, for the platforms that show them."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    GITLAB = "gitlab"
    MARKDOWN = "markdown"
    CSV = "csv"


class FailOn(str, Enum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NONE = "none"

    @property
    def severity(self) -> Severity | None:
        """None: no finding makes the exit code 1."""
        return None if self is FailOn.NONE else Severity[self.name]


class Purpose(str, Enum):
    INFERENCE = "inference"
    TRAINING = "training"
    SKLEARN = "sklearn"
    SERVING = "serving"
    TFLITE = "tflite"
    ONNX = "onnx"
    XLA = "xla"
    TFJS = "tfjs"


TargetOption = Annotated[
    str,
    typer.Option(
        "--target",
        metavar="keras==X.Y.Z",
        help="The release that must load it: keras==3.9, tf-keras, tf.keras==2.11, installed (the default); inspect: all.",
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for programs.")]
ReportFormatOption = Annotated[ReportFormat, typer.Option("--format", help="text for people; the others for programs and platforms.")]
OutputOption = Annotated[
    list[str], typer.Option("--output", metavar="FORMAT=PATH", help="Write another format into a file, too; may be given several times.")
]
FailOnOption = Annotated[FailOn, typer.Option("--fail-on", help="The least severity that makes the exit code 1; none: no finding does.")]
PurposeOption = Annotated[
    Purpose,
    typer.Option(
        "--for", help="What the model is for; sklearn: as an estimator of keras.wrappers; serving and converters add deployment checks."
    ),
]
CustomOption = Annotated[
    list[str],
    typer.Option(
        "--custom",
        metavar="NAME|FILE.py|MODULE",
        help="A class or function that load_model will be given, or the source of several; read, not run.",
    ),
]


def make_target(text: str, purpose: Purpose = Purpose.INFERENCE, custom: Sequence[str] = (), given: Given | None = None) -> Target:
    """The target that the options describe. Raises `UsageError`."""
    from kdoctor.asked import asked_release

    code = {one.name: one for text in custom for one in _definitions(text)}
    names = {text for text in custom if not text.endswith(".py")}
    names |= {name for one in code.values() for name in (one.name, one.name_in_file)}
    asked = asked_release(text)
    names |= {name for each in custom for name in _of_package(each, asked)}
    given = replace(given or Given(), code=code)
    return replace(asked, custom=frozenset(names), purpose=purpose.value, given=given)


def _of_package(text: str, target: Target) -> frozenset[str]:
    """The classes of a known package. Raises `UsageError` for one whose classes the release cannot use."""
    from kdoctor.keras_api.packages import named

    package = named(text)
    if package is None:
        return frozenset()
    if package.keras == 2 and target.keras_3:
        raise UsageError(f"--custom {text}: its classes are for Keras 2, and {target} refuses them; tf_keras loads such a file")
    return package.classes | {f"{prefix}>{name}" for prefix in package.registered_as for name in package.classes}


def _definitions(text: str) -> tuple[Definition, ...]:
    """What the source that a ``--custom`` value names defines; none for the name of a class. Nothing in it runs."""
    from kdoctor.user_code.modules import read_file, read_module

    if text.endswith(".py"):
        return read_file(Path(text))
    if not text.strip() or (os.path.isdir(text) and os.sep in text):
        raise UsageError(f"--custom {text!r}: write the name of a class or function, the file of its source, or a module")
    found = read_module(text) if text != "hub" else ()
    if not found and "." in text:
        raise UsageError(f"--custom {text}: there is no such module on this machine; name its file")
    return found


def existing(paths: Sequence[Path]) -> list[Path]:
    """The paths, all of which exist. Raises `UsageError` for the first that does not."""
    for path in paths:
        if not os.path.exists(path):  # Path.exists raises for a name that is too long
            if (address := address_of(path)) is not None:
                raise UsageError(
                    f"{shown(address)}: inspect, scan, fix and convert read remote files, other commands do not; download it first"
                )
            raise UsageError(f"{path}: no such file")
    return list(paths)


def wants_color() -> bool:
    """Colors on a terminal only, and never where NO_COLOR is set (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def page_width() -> int:
    """Characters in a line: the terminal's, within reason; 100 for pipes and files."""
    return max(60, min(shutil.get_terminal_size().columns, 140)) if sys.stdout.isatty() else 100
