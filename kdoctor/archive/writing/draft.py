"""A file that is not there yet: written beside its target, out of sight, and put in place only when it is whole.

The draft stands in a hidden folder of its own in the target's folder, so it is on the same file system (a rename is enough), bears the
target's very name (its extension is judged as the target's will be), and is gone with that folder whatever happens.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Draft:
    """``path`` is what is being written (a file, or a folder), ``target`` where it shall stand, ``folder`` the room for work files."""

    folder: Path
    target: Path

    @property
    def path(self) -> Path:
        return self.folder / "draft" / self.target.name


@contextlib.contextmanager
def draft_beside(target: Path) -> Iterator[Draft]:
    """A draft of ``target``. Nothing of it remains afterwards unless it was published. Raises OSError where the folder refuses."""
    folder = Path(tempfile.mkdtemp(prefix=".kdoctor-", dir=target.parent))
    try:
        draft = Draft(folder, target)
        draft.path.parent.mkdir()
        yield draft
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def give_mode_of(source: Path, draft: Draft) -> None:
    """Permission bits of the source for the draft; for folders, of every file that both have."""
    names = [Path(), *(path.relative_to(draft.path) for path in draft.path.rglob("*"))] if draft.path.is_dir() else [Path()]
    for name in reversed(names):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.chmod(draft.path / name, _mode_for(draft.path / name, os.stat(source / name)))


def _mode_for(path: Path, source: os.stat_result) -> int:
    """A folder that was a file can be entered by those who could read the file, and a file that was a folder is no program."""
    mode = stat.S_IMODE(source.st_mode) & 0o777
    if path.is_dir() == stat.S_ISDIR(source.st_mode):
        return mode
    return mode | (mode & 0o444) >> 2 if path.is_dir() else mode & 0o666


def secure(path: Path) -> None:
    """Bring what was written to the disk itself: a file, or every file of a folder. While the files may still be written to."""
    for file in [path] if path.is_file() else [inner for inner in path.rglob("*") if inner.is_file()]:
        with open(file, "r+b") as stream:
            os.fsync(stream.fileno())
    if path.is_dir():
        for folder in [path, *(inner for inner in path.rglob("*") if inner.is_dir())]:
            _secure_folder(folder)


def publish(draft: Draft, *, replace: bool, backup: bool) -> Path | None:
    """Put the draft in place of its target, at once and whole; returns the backup that was kept of what stood there.

    Without ``replace`` a file that stands there is never overwritten, not even one that appeared a moment ago: FileExistsError.
    """
    kept = None
    if draft.path.is_dir():
        kept = _publish_folder(draft, replace, backup)
    elif not replace:
        _place_new(draft.path, draft.target)
    else:
        kept = _backup(draft.target) if backup and draft.target.exists() else None
        try:
            os.replace(draft.path, draft.target)
        except OSError:
            if kept is not None:
                kept.unlink()
            raise
    _secure_folder(draft.target.parent)
    return kept


def _place_new(draft: Path, target: Path) -> None:
    """A hard link appears only where nothing stands; where there are none (FAT, some network drives) an empty file takes the name first."""
    try:
        os.link(draft, target)
        return
    except FileExistsError:
        raise
    except OSError:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        os.replace(draft, target)
    except OSError:
        target.unlink()
        raise


def _publish_folder(draft: Draft, replace: bool, backup: bool) -> Path | None:
    """A folder cannot be replaced in one step: what stood there moves aside under its backup name, and back if need be."""
    if not (replace and draft.target.exists()):
        draft.target.mkdir()  # takes the name, or raises FileExistsError
        if os.name == "nt":
            draft.target.rmdir()
        try:
            os.rename(draft.path, draft.target)
        except OSError:
            with contextlib.suppress(OSError):
                draft.target.rmdir()
            raise
        return None
    aside = next(name for name in _backup_names(draft.target) if not name.exists())
    os.rename(draft.target, aside)
    try:
        os.rename(draft.path, draft.target)
    except OSError:
        os.rename(aside, draft.target)
        raise
    if not backup:
        shutil.rmtree(aside, ignore_errors=True)
    return aside if backup else None


def _backup(original: Path) -> Path:
    """A second name for the original, or a copy where there are no hard links, under the first free name: FILE.bak, FILE.bak.1 …"""
    for name in _backup_names(original):
        with contextlib.suppress(FileExistsError):
            try:
                os.link(original, name)
            except FileExistsError:
                raise
            except OSError:
                _copy(original, name)
            return name
    raise AssertionError("unreachable: there are always more names")


def _backup_names(original: Path) -> Iterator[Path]:
    for number in count():
        yield original.with_name(f"{original.name}.bak" + (f".{number}" if number else ""))


def _copy(original: Path, name: Path) -> None:
    with open(original, "rb") as source, open(name, "xb") as copy:
        try:
            shutil.copyfileobj(source, copy, 1 << 20)
            copy.flush()
            os.fsync(copy.fileno())
        except BaseException:
            name.unlink()
            raise
    shutil.copystat(original, name)


def _secure_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems cannot; the rename itself was done
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
