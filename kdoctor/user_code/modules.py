"""Where the source of a module stands, without importing it or what is above it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kdoctor.errors import UsageError
from kdoctor.user_code.definition import Definition
from kdoctor.user_code.reading import definitions, parse

MOST_FILES: Final = 500  # of one package
PACKAGE: Final = "__init__.py"


def read_file(path: Path) -> tuple[Definition, ...]:
    """What a source file defines; that of a package goes by the package's name. Raises `UsageError`."""
    package = path.absolute().parent.name if path.name == PACKAGE else ""
    return definitions(parse(path), package if package.isidentifier() else path.stem, str(path))


def read_module(name: str) -> tuple[Definition, ...]:
    """What a module defines, a package with all that is below it; none where there is no such module. Raises `UsageError`.

    Of two definitions of one name the one that stands higher counts.
    """
    found: dict[str, Definition] = {}
    for module, path in _sources(name):
        try:
            held = definitions(parse(path), module, str(path))
        except UsageError:
            if module == name:
                raise
            continue  # one file of many, for another Python perhaps
        for one in held:
            found.setdefault(one.name, one)
    return tuple(found.values())


def _sources(name: str) -> Iterator[tuple[str, Path]]:
    """Module -> source file, from the top of a package down."""
    place = _place(name)
    if place is None:
        return
    if place.is_file():
        yield name, place
        return
    count = 0
    for folder, folders, files in os.walk(place):
        folders[:] = sorted(one for one in folders if one.isidentifier())
        inside = Path(folder).relative_to(place).parts
        for file in sorted(files, key=lambda file: (file != PACKAGE, file)):
            if file.endswith(".py") and count < MOST_FILES:
                count += 1
                own = () if file == PACKAGE else (file[:-3],)
                yield ".".join((name, *inside, *own)), Path(folder, file)


def _place(name: str) -> Path | None:
    """The source file of a module, or the folder of a package: the current folder comes before what Python has installed."""
    top, *rest = name.split(".")
    if not all(part.isidentifier() for part in (top, *rest)):
        return None
    for root in (Path.cwd(), *_installed(top)):
        path = root.joinpath(top, *rest)
        if path.is_dir() and (rest or (path / PACKAGE).is_file()):
            return path
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py")
    return None


def _installed(top: str) -> Iterator[Path]:
    """The folders that hold a top-level package or module. Asking for it by its own name alone imports nothing."""
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return
    if spec is None:
        return
    for folder in spec.submodule_search_locations or ():
        yield Path(folder).parent
    if not spec.submodule_search_locations and spec.origin and spec.origin.endswith(".py"):
        yield Path(spec.origin).parent
