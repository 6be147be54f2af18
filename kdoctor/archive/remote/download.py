"""A remote file brought here, for what cannot be done from afar: piece by piece, into a folder of its own beside what will be written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from kdoctor.archive.remote.file import RemoteFile, filesystem, trouble
from kdoctor.errors import ReadError

PIECE: Final = 4 << 20  # bytes in memory
SHARE: Final = 2  # of the free disk: what is written from the copy may be as large


@contextmanager
def downloaded(file: RemoteFile, folder: Path, tell: Callable[[int | None], None]) -> Iterator[Path]:
    """A copy of the file under its own name, for as long as the context lasts; ``tell`` hears its size (bytes, None where no server
    says it) before the first byte comes.

    Nothing of it stays where it breaks off. Raises `ReadError`, also for a file that the disk is too small for.
    """
    name = file.name
    if not name or name in (".", "..") or os.sep in name or "\0" in name:
        raise ReadError(f"{file}: no name for a file")
    if not folder.is_dir():
        raise ReadError(f"the folder {folder} does not exist")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".kdoctor-") as place:
        path = Path(place, name)
        try:
            _copy(file, path, shutil.disk_usage(place).free // SHARE, tell)
        except FileNotFoundError:
            raise ReadError(f"{file}: no such file") from None
        except trouble() as error:
            raise ReadError(f"{file} cannot be read: {file.without_secrets(str(error) or type(error).__name__)}") from None
        yield path


def _copy(file: RemoteFile, path: Path, most: int, tell: Callable[[int | None], None]) -> None:
    system: Any = filesystem(file.root)
    size = system.info(file.path).get("size") if file.size is None else file.size
    if size is not None and size > most:
        raise OSError(f"it has {size:,} bytes, and the disk has room for {most:,} and as many to write")
    tell(size)
    copied = 0
    with system.open(file.path, "rb", block_size=PIECE) as source, open(path, "xb") as target:
        while piece := source.read(PIECE):
            copied += len(piece)
            if copied > (most if size is None else size):
                raise OSError(f"more than {most if size is None else size:,} bytes came")
            target.write(piece)
    if size is not None and copied != size:
        raise OSError(f"{copied:,} of {size:,} bytes came")
