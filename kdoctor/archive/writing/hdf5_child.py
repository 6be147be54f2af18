"""What the processes share that open HDF5 files for writing: how they are asked and answer, and what they never follow.

libhdf5 may crash, hang or ask for gigabytes on a hostile file, so it never opens one in the process that the user runs. A job comes as JSON on
standard input; the answer, ``{"error": null}`` or what went wrong, goes to standard output.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from kdoctor.document import Json

ADDRESS_BYTES = 4 << 30
SIEVE_BYTES = 4096  # read around a small piece of an array: with 64 kB, as usual, the columns of a matrix cost twenty times as much


class Forbidden(ValueError):
    """What libhdf5 would do, and these processes do not."""


def answer(work: Callable[[dict[str, Json]], dict[str, Json] | None]) -> None:
    """Do the work that standard input asks for, within bounds, and tell how it went, and what it found."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows; macOS refuses some limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        found = work(json.load(sys.stdin.buffer))
        told: dict[str, Json] = {**(found or {}), "error": None}
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, MemoryError, OverflowError) as error:  # all that h5py raises
        told = _explained(error)
    json.dump(told, sys.stdout)


def _end_with(parent: int) -> None:
    """A parent that was killed cannot end its child: whoever has another one now works for nobody."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _explained(error: Exception) -> dict[str, Json]:
    """One line, and the number of what the system refused: h5py has it as an attribute or, when flushing, only in its text."""
    text = str(error) or type(error).__name__
    told = re.search(r"errno = (\d+)", text)
    broken = not isinstance(error, Forbidden | MemoryError | OverflowError)
    return {"error": text.splitlines()[0], "broken": broken, "errno": getattr(error, "errno", None) or (int(told[1]) if told else None)}


def regular(file: Any, path: str) -> bool:
    """Whether something stands at a path. Refuses one that leads through a soft or external link, which could end in another file."""
    import h5py

    place = ""
    for step in path.split("/"):
        if not step:
            continue
        place += f"/{step}"
        links = file.id.links
        if not links.exists(place.encode()):
            return False
        if links.get_info(place.encode()).type != h5py.h5l.TYPE_HARD:
            raise Forbidden(f"{place} is a link to elsewhere")
    return True


def stored_array(file: Any, path: str) -> Any:
    """The dataset at a path, or None where nothing stands. Refuses one whose numbers stand in another file."""
    import h5py

    if not regular(file, path):
        return None
    found = file[f"/{path}"]
    if not isinstance(found, h5py.Dataset):
        raise Forbidden(f"/{path} is no array")
    if found.external or found.is_virtual:
        raise Forbidden(f"the numbers of /{path} stand in another file")
    return found


def opened(content: str | Slice, *, writable: bool = False) -> Any:
    """An HDF5 file that is there: by its path, or within another one."""
    import h5py

    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    access.set_sieve_buf_size(SIEVE_BYTES)
    if isinstance(content, Slice):
        access.set_fileobj_driver(h5py.h5fd.fileobj_driver, content)
    name = repr(content) if isinstance(content, Slice) else content
    return h5py.File(h5py.h5f.open(os.fsencode(name), h5py.h5f.ACC_RDWR if writable else h5py.h5f.ACC_RDONLY, fapl=access))


class Slice(io.RawIOBase):
    """A file from one of its bytes on, as a file of its own that h5py can read, or write to its end.

    ``refused`` is what the system said when it did not take some bytes. libhdf5 is not told, and goes on for nothing: it would try again when
    Python has already taken this object apart, and crash.
    """

    def __init__(self, path: str, start: int, *, size: int | None = None) -> None:
        super().__init__()
        self._file = open(path, "rb" if size is not None else "r+b", buffering=0)  # noqa: SIM115 (closed with the slice)
        self._start, self._size, self._position = start, size, 0
        self.refused: OSError | None = None

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return self._size is None

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        end = self._size if self._size is not None else os.fstat(self._file.fileno()).st_size - self._start
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: end}[whence]
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self._size is not None:
            view = view[: max(0, self._size - self._position)]
        done = 0
        self._file.seek(self._start + self._position)
        while done < len(view) and (count := self._file.readinto(view[done:])):
            done += count
        self._position += done
        return done

    def write(self, data: Any) -> int:
        view, done = memoryview(data).cast("B"), 0
        with self._noting_refusal():
            self._file.seek(self._start + self._position)
            while done < len(view) and self.refused is None:
                done += self._file.write(view[done:]) or 0
        self._position += len(view)
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        length = self._position if size is None else size
        with self._noting_refusal():
            self._file.truncate(self._start + length)
        return length

    @contextlib.contextmanager
    def _noting_refusal(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.refused = self.refused or error

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
