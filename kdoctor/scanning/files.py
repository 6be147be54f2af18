"""Which files under the given paths are saved models, by name: content is judged when they are examined."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, TypeAlias

from kdoctor.archive import Place, RemoteFile
from kdoctor.archive.remote.address import is_remote, is_tar
from kdoctor.archive.remote.listing import entries_of, find_remote
from kdoctor.errors import UsageError
from kdoctor.scanning.names import SortedNames

EXTENSIONS = (".keras", ".h5", ".hdf5")
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
ENDS_WEIGHTS = ".weights.h5"
PARTS = (WEIGHTS, "metadata.json", "model.weights.npz", "model.weights.json")
LARGEST_LOOK = 1 << 20  # bytes
OF_SAVED_MODEL = ("assets", "variables")
SAVED_MODEL = ("keras_metadata.pb", "saved_model.pb")


class Shelf(NamedTuple):
    """What stands in one folder: models, then the folders to search, both in order; each may be asked for once. Tar archives are not opened."""

    models: Iterable[Place]
    folders: Iterable[Place]
    unopened: tuple[Place, ...] = ()


Search: TypeAlias = Callable[[Place], Iterator[Shelf]]
Unopened: TypeAlias = Callable[[Place], None]


def find_models(paths: Iterable[str], search: Search | None = None, unopened: Unopened | None = None) -> Iterator[Place]:
    """Every model file, in a stable order, each once: files as given, folders searched, patterns (``models/**/*.h5``) expanded; then those
    at remote addresses.

    In folders the extension decides; an unzipped ``.keras`` folder and a SavedModel count as one model, and are searched for others all the same:
    the parts of a model would hide them. Links to folders are not followed. A folder
    that cannot be listed is given back itself, since what is in it is not known, and so is one that is named like a model and holds none.
    Tar archives within folders are handed to ``unopened``: most hold other things, and some hold gigabytes. Folders are searched while the models are
    asked for, so that millions of files need no memory. Raises `UsageError` at once for a path that does not exist and for a pattern that
    matches nothing.
    """
    asked, search = list(paths), _telling(search or searched, unopened)
    local = [path for text in asked if not is_remote(text) for path in _expanded(text)]
    remote = [_begun(_remote(text, search)) for text in asked if is_remote(text)]
    return chain(_each_once(local, search), *remote)


def _telling(search: Search, unopened: Unopened | None) -> Search:
    """The same search; what it leaves closed is told."""
    if unopened is None:
        return search

    def told(folder: Place) -> Iterator[Shelf]:
        for found in search(folder):
            for place in found.unopened:
                unopened(place)
            yield found

    return told


def searched(folder: Place) -> Iterator[Shelf]:
    """The folder and all below it, each before those in it."""
    found = shelf(folder)
    yield found
    for inner in found.folders:
        yield from searched(inner)


def shelf(folder: Place) -> Shelf:
    """What stands in one folder."""
    return remote_shelf(folder) if isinstance(folder, RemoteFile) else _local_shelf(folder)


def remote_shelf(folder: RemoteFile) -> Shelf:
    listed = entries_of(folder)
    if listed is None:
        return Shelf([folder], [])
    files = [file for file, is_folder in listed if not is_folder]
    models = [file for file in files if named_like_a_model(file.path) or file is _of_saved_model(files)]
    return Shelf(models, [file for file, is_folder in listed if is_folder], tuple(file for file in files if is_tar(file.path)))


def _of_saved_model(files: list[RemoteFile]) -> RemoteFile | None:
    """The file that tells what Keras makes of a SavedModel, of which a remote place gives no whole folder."""
    return next((file for name in SAVED_MODEL for file in files if file.name == name), None)


def _remote(text: str, search: Search) -> Iterator[Place]:
    found, is_folder = find_remote(text, named_like_a_model)
    if is_folder:
        yield from chain.from_iterable(each.models for each in search(found))
    else:
        yield found


def _begun(models: Iterator[Place]) -> Iterator[Place]:
    """The same; what is wrong with the address is told at once."""
    return chain(list(islice(models, 1)), models)


def _each_once(paths: list[Path], search: Search) -> Iterator[Path]:
    given: set[Place] = set()
    folders: list[Path] = []
    for path in paths:
        if path in given or any(_found_in(folder, path) for folder in folders):
            continue
        if path.is_dir():
            if _is_model_folder(path):
                yield path
            inside = chain.from_iterable(each.models for each in search(path))
            seen = bool(given)  # asking for the hash of each path is a fifth of the search
            yield from (model for model in inside if isinstance(model, Path) and not (seen and (model in given or _below(model, folders))))
            folders.append(path)
        else:
            yield path
        given.add(path)


def _below(path: Path, folders: list[Path]) -> bool:
    return bool(folders) and any(_found_in(folder, path) for folder in folders)


def _found_in(folder: Path, path: Path) -> bool:
    """Whether a search of the folder has come to this path."""
    if folder not in path.parents or not (path.is_dir() or named_like_a_model(path.name)) or _is_part(path):
        return False
    between = [path.parent, *path.parent.parents]
    return not any(parent.is_symlink() for parent in between[: between.index(folder)]) and not (
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


def _local_shelf(folder: Path) -> Shelf:
    models, folders = SortedNames(), SortedNames()
    tars: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if _is_folder(entry):
                    if _is_model_folder(Path(entry.path)):
                        models.add(entry.name)
                    if not entry.is_symlink():
                        folders.add(entry.name)
                elif named_like_a_model(entry.name) and not (entry.name.endswith(ENDS_WEIGHTS) and _is_part(Path(entry.path))):
                    models.add(entry.name)
                elif is_tar(entry.name):
                    tars.append(Path(entry.path))
    except OSError:
        return Shelf([folder], [])
    return Shelf((folder / name for name in models), (folder / name for name in folders), tuple(sorted(tars)))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle, which is a file that cannot be read
        return False


def named_like_a_model(name: str) -> bool:
    return name.lower().endswith(EXTENSIONS)


def _is_model_folder(folder: Path) -> bool:
    """An unzipped archive, or a SavedModel. Keras takes any folder with a config.json for the first; other tools have files of that name, too."""
    if any((folder / name).is_file() for name in SAVED_MODEL):
        return True
    config = folder / CONFIG
    if not config.is_file():
        return named_like_a_model(folder.name) and not _holds_others(folder)
    return any((folder / name).is_file() for name in PARTS) or _names_a_class(config)


def _holds_others(folder: Path) -> bool:
    """Whether a folder that is no model, but is named like one, holds models or folders of its own: those of a torn SavedModel are none."""
    try:
        with os.scandir(folder) as entries:
            return any(named_like_a_model(entry.name) or (_is_folder(entry) and entry.name not in OF_SAVED_MODEL) for entry in entries)
    except OSError:
        return True  # the search gives it back


def _names_a_class(config: Path) -> bool:
    """Whether a config alone may be one of Keras, which calls what it names before it looks for weights."""
    try:
        with open(config, "rb") as stream:
            text = stream.read(LARGEST_LOOK)
    except OSError:
        return True  # the examination says why
    return b"class_name" in text or b"\\u00" in text or len(text) == LARGEST_LOOK


def _is_part(path: Path) -> bool:
    """Whether the file holds weights of the unzipped archive around it."""
    if not path.name.endswith(ENDS_WEIGHTS) or not (path.parent / CONFIG).is_file():
        return False
    from kdoctor.archive.zip.names import is_shard  # seldom needed

    return (path.name == WEIGHTS or is_shard(path.name)) and _is_model_folder(path.parent)
