"""Which files under the given paths are saved models, by name: content is judged when they are examined."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from kdoctor.archive import Place, RemoteFile
from kdoctor.archive.remote.address import is_remote
from kdoctor.archive.remote.listing import find_remote
from kdoctor.errors import UsageError
from kdoctor.scanning.names import SortedNames

EXTENSIONS = (".keras", ".h5", ".hdf5")


def find_models(paths: Iterable[str]) -> Iterator[Place]:
    """Every model file, in a stable order, each once: files as given, folders searched, patterns (``models/**/*.h5``) expanded.

    In folders the extension decides; an unzipped ``.keras`` folder counts as one model, links to folders are not followed, and a folder
    that cannot be listed is given back itself, since what is in it is not known. Folders are searched while the models are asked for, so
    that millions of files need no memory. Raises `UsageError` at once for a path that does not exist and for a pattern that matches nothing.
    """
    asked = list(paths)
    local = [path for text in asked if not is_remote(text) for path in _expanded(text)]
    remote = [_begun(find_remote(text, named_like_a_model)) for text in asked if is_remote(text)]
    return chain(_each_once(local), *remote)


def _begun(models: Iterator[RemoteFile]) -> Iterator[RemoteFile]:
    """The same; what is wrong with the address is told at once."""
    return chain(list(islice(models, 1)), models)


def _each_once(paths: list[Path]) -> Iterator[Path]:
    given: set[Path] = set()
    searched: list[Path] = []
    for path in paths:
        if path in given or any(_found_in(folder, path) for folder in searched):
            continue
        given.add(path)
        if path.is_dir() and not _is_model_folder(path):
            yield from _models_in(path, given - {path})
            searched.append(path)
        else:
            yield path


def _found_in(folder: Path, path: Path) -> bool:
    """Whether a search of the folder has come to this path."""
    if folder not in path.parents or not (path.is_dir() or named_like_a_model(path.name)):
        return False
    between = [path.parent, *path.parent.parents]
    return not any(parent.is_symlink() or _is_model_folder(parent) for parent in between[: between.index(folder)]) and not (
        path.is_symlink() and path.is_dir() and not _is_model_folder(path)
    )


def _expanded(text: str) -> list[Path]:
    path = Path(text)
    if os.path.exists(path):  # Path.exists raises for a name that is too long
        return [path]
    matches = sorted(glob.glob(text, recursive=True)) if glob.has_magic(text) else []
    if not matches:
        raise UsageError(f"{text}: no such file or folder")
    return [Path(match) for match in matches]


def _models_in(folder: Path, given: set[Path]) -> Iterator[Path]:
    """The models below a folder but for those given already, which includes folders searched already."""
    models, folders = SortedNames(), SortedNames()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    if _is_model_folder(Path(entry.path)):
                        models.add(entry.name)
                    elif not entry.is_symlink():
                        folders.add(entry.name)
                elif named_like_a_model(entry.name):
                    models.add(entry.name)
    except OSError:
        yield folder
        return
    yield from (path for name in models if (path := folder / name) not in given)
    for name in folders:
        if (inner := folder / name) not in given:
            yield from _models_in(inner, given)


def named_like_a_model(name: str) -> bool:
    return name.lower().endswith(EXTENSIONS)


def _is_model_folder(folder: Path) -> bool:
    """An unzipped archive: config.json beside its weights or metadata."""
    return (folder / "config.json").is_file() and ((folder / "model.weights.h5").is_file() or (folder / "metadata.json").is_file())
