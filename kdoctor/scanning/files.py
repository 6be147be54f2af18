"""Which files under the given paths are saved models, by name: content is judged when they are examined."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from kdoctor.errors import UsageError

EXTENSIONS = (".keras", ".h5", ".hdf5")


def find_models(paths: Iterable[str]) -> list[Path]:
    """Every model file, in a stable order, each once: files as given, folders searched, patterns (``models/**/*.h5``) expanded.

    In folders the extension decides; an unzipped ``.keras`` folder counts as one model, links to folders are not followed. Raises
    `UsageError` for a path that does not exist and for a pattern that matches nothing.
    """
    found: dict[Path, None] = {}
    for text in paths:
        for path in _expanded(text):
            found.update(dict.fromkeys(_models_in(path) if path.is_dir() and not _is_model_folder(path) else [path]))
    return list(found)


def _expanded(text: str) -> list[Path]:
    path = Path(text)
    if os.path.exists(path):  # Path.exists raises for a name that is too long
        return [path]
    matches = sorted(glob.glob(text, recursive=True)) if glob.has_magic(text) else []
    if not matches:
        raise UsageError(f"{text}: no such file or folder")
    return [Path(match) for match in matches]


def _models_in(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders.sort()
        inner = [name for name in folders if _is_model_folder(Path(root, name))]
        folders[:] = [name for name in folders if name not in inner]
        names = sorted([*inner, *(name for name in files if name.lower().endswith(EXTENSIONS))])
        yield from (Path(root, name) for name in names)


def _is_model_folder(folder: Path) -> bool:
    """An unzipped archive: config.json beside its weights or metadata."""
    return (folder / "config.json").is_file() and ((folder / "model.weights.h5").is_file() or (folder / "metadata.json").is_file())
