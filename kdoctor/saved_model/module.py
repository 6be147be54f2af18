"""A module's folder: the facts that kdoctor goes by, read without TensorFlow."""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from kdoctor.errors import ReadError
from kdoctor.saved_model.graph import is_program, outside_operations
from kdoctor.saved_model.variables import ModuleVariable, module_variables
from kdoctor.saved_model.wire import MalformedMessage

PROGRAM: Final = "saved_model.pb"
CHUNKED: Final = "saved_model.cpb"  # which TensorFlow takes before the other where both stand, and nobody here reads
LARGEST_PROGRAM: Final = (2 << 30) - 1  # bytes: what a protocol buffer may have
MOST_FILES: Final = 10_000
CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Module:
    """``variables``: those that a layer of it has, in order, or None where only its loader knows; ``outside``: operations that touch the

    outside; ``files``: name and size in bytes of each; ``digest``: see `digested`.
    """

    folder: Path
    variables: tuple[ModuleVariable, ...] | None
    outside: tuple[str, ...]
    files: tuple[tuple[str, int], ...]
    digest: str = ""

    def digested(self) -> Module:
        """The module with the sha256 (hexadecimal) of everything in it: reads all of its bytes."""
        return replace(self, digest=digest_of((name, size, open(self.folder / name, "rb")) for name, size in self.files))


def is_module(folder: Path) -> bool:
    return (folder / PROGRAM).is_file()


def read_module(folder: Path) -> Module:
    """The module in a folder. Raises `ReadError` where there is none, or none that can be read."""
    try:
        if os.path.lexists(folder / CHUNKED):
            raise ReadError(f"{folder / CHUNKED} is a SavedModel in pieces, which kdoctor cannot look into")
        if (folder / PROGRAM).exists() and not (folder / PROGRAM).is_file():
            raise ReadError(f"{folder / PROGRAM} is no file")
        with open(folder / PROGRAM, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if not 0 < size <= LARGEST_PROGRAM:
                raise ReadError(f"{folder / PROGRAM} has {size:,} bytes: it is no SavedModel")
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as program:
                outside, variables = _facts(program)
        files = tuple(_files(folder))
    except OSError as error:
        raise ReadError(f"{folder} holds no SavedModel: {error.strerror or error}") from error
    except MalformedMessage as error:
        raise ReadError(f"{folder / PROGRAM} is damaged, or no SavedModel: {error}") from error
    return Module(folder, variables, outside, files)


def _facts(program: memoryview) -> tuple[tuple[str, ...], tuple[ModuleVariable, ...] | None]:
    """In a function of its own, so that no view on the file outlives it."""
    if not is_program(program):
        raise MalformedMessage("it holds no graph")
    return outside_operations(program), module_variables(program)


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    """Every file below the folder by its name with slashes, sorted. Raises `ReadError` for a link, or anything else that is no file."""
    found: list[tuple[str, int]] = []
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            status = os.lstat(path)
            if stat.S_ISDIR(status.st_mode):
                continue
            if not stat.S_ISREG(status.st_mode):
                raise ReadError(f"{path} is a link or no regular file: a module must hold its own files")
            found.append((path.relative_to(folder).as_posix(), status.st_size))
            if len(found) > MOST_FILES:
                raise ReadError(f"{folder} holds more than {MOST_FILES:,} files: it is no SavedModel")
    return iter(sorted(found))


def digest_of(files: Iterable[tuple[str, int, BinaryIO]]) -> str:
    """sha256 (hexadecimal) of files by name, size and content, in the order given; each stream is read to its end and closed."""
    found = hashlib.sha256()
    for name, size, stream in files:
        found.update(f"{name}\0{size}\0".encode("utf-8", "surrogateescape"))
        with stream:
            while chunk := stream.read(CHUNK):
                found.update(chunk)
    return found.hexdigest()
