"""Where the reports of a run go: one format on standard output, any others into files; all of them written as the reports come."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import typer

from kdoctor.cli.options import page_width, wants_color
from kdoctor.errors import UsageError, WriteError
from kdoctor.report.formats import Writer, formats
from kdoctor.report.run import Run
from kdoctor.report.table import Sheet

if TYPE_CHECKING:
    from kdoctor.file_report import FileReport
    from kdoctor.totals import Totals

MODELS = (".keras", ".h5", ".hdf5")


class Output(NamedTuple):
    """A format and the file that it is written into."""

    format: str
    path: Path


def parse_outputs(texts: Sequence[str]) -> tuple[Output, ...]:
    """What ``--output FORMAT=PATH`` asks for. Raises `UsageError` before anything is examined."""
    found: dict[str, Output] = {}
    for text in texts:
        name, _, path = text.partition("=")
        if name not in (*formats(), "text") or not path:
            raise UsageError(f"--output {text}: write FORMAT=PATH, with a format of {', '.join(('text', *formats()))}")
        real = os.path.realpath(path)
        if real in found:
            raise UsageError(f"--output {text}: {found[real].format} is written to that path already")
        found[real] = Output(name, _writable(text, Path(path)))
    return tuple(found.values())


def _writable(text: str, path: Path) -> Path:
    """The path, where a report can be written that is no model."""
    if path.suffix.lower() in MODELS:
        raise UsageError(f"--output {text}: a report would take the place of a model; give it another extension")
    if not path.parent.is_dir():
        raise UsageError(f"--output {text}: there is no folder {path.parent}")
    if _is_passing(path):
        return path
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"--output {text}: {'a folder' if path.is_dir() else f'{path.parent} cannot be written to'}")
    return path


def _is_passing(path: Path) -> bool:
    """Whether what stands there takes bytes and keeps none, such as /dev/stdout or a named pipe: it is written to, never replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


class Text:
    """The page for people, as a writer like the others: it tells the time that was taken."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._start = sheet, time.perf_counter()
        self.begin, self.add = sheet.begin, sheet.add

    def end(self, totals: Totals) -> str:
        return self._sheet.end(totals, time.perf_counter() - self._start)


class Outputs:
    """All outputs of a run; ``printed`` is the format on standard output, None where something else is said there.

    A file gets its name when it is whole: it is drafted beside it.
    """

    def __init__(self, run: Run, printed: str | None, outputs: Sequence[Output], *, every: bool = False) -> None:
        self._printed = (
            None
            if printed is None
            else _writer(printed, run, Sheet(run, width=page_width() if sys.stdout.isatty() else None, color=wants_color(), every=every))
        )
        self._files = [_Draft(one, _writer(one.format, run, Sheet(run, every=every))) for one in outputs]

    def begin(self) -> None:
        _print("" if self._printed is None else self._printed.begin())
        for file in self._files:
            file.write(file.writer.begin())

    def add(self, report: FileReport) -> None:
        _print("" if self._printed is None else self._printed.add(report))
        for file in self._files:
            file.write(file.writer.add(report))

    def end(self, totals: Totals) -> None:
        """The files first: a reader of standard output who has gone away must not cost them."""
        for file in self._files:
            file.write(file.writer.end(totals))
            file.finish()
        _print("" if self._printed is None else self._printed.end(totals))

    def abandon(self) -> None:
        """Leave no drafts behind: nothing could be said."""
        for file in self._files:
            file.abandon()


def _writer(name: str, run: Run, sheet: Sheet) -> Text | Writer:
    return Text(sheet) if name == "text" else Writer(formats()[name], run)


class _Draft:
    """A file that is being written beside its name. Raises `WriteError`."""

    def __init__(self, output: Output, writer: Writer | Text) -> None:
        import tempfile

        self.writer, self._path, self._name = writer, output.path, ""
        try:
            place: int | Path = output.path
            if not _is_passing(output.path):
                place, self._name = tempfile.mkstemp(dir=output.path.parent, prefix=f".{output.path.name}.")
            self._stream: IO[str] = open(place, "w", encoding="utf-8", errors="replace", newline="\n")  # noqa: SIM115 - closed by finish
        except OSError as error:
            raise WriteError(f"{output.path}: {error.strerror}") from error

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except OSError as error:
            raise WriteError(f"{self._path}: {error.strerror}") from error

    def finish(self) -> None:
        try:
            self._stream.close()
            if self._name:
                os.chmod(self._name, 0o666 & ~_umask())
                os.replace(self._name, self._path)
        except OSError as error:
            raise WriteError(f"{self._path}: {error.strerror}") from error

    def abandon(self) -> None:
        with contextlib.suppress(OSError):  # what is still to be written out finds no room either
            self._stream.close()
        if self._name:
            Path(self._name).unlink(missing_ok=True)


def _umask() -> int:
    """What new files of this process may not have; asking for it means setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _print(text: str) -> None:
    if text:
        typer.echo(text, nl=False, color=wants_color())


def write_all(outputs: Outputs, reports: Iterable[FileReport], totals: Totals, complete: Callable[[], bool] = lambda: True) -> None:
    """Every report to every output as it comes; ``complete`` is asked at the end. Nothing is said before there is a report, or known to be
    none: what keeps all files from being examined comes first."""
    try:
        coming = iter(reports)
        first = next(coming, None)
        outputs.begin()
        for report in coming if first is None else chain((first,), coming):
            totals.add(report)
            outputs.add(report)
        totals.complete = complete()
        outputs.end(totals)
    except BaseException:
        outputs.abandon()
        raise
