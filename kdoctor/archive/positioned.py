"""What the readable streams of our own share: a size, a position, and reads that end with the stream."""

from __future__ import annotations

import io
import os


class Positioned(io.RawIOBase):
    """A seekable stream of ``size`` bytes, for reading; a kind of it says how bytes are had, in `_at`."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = max(0, size)
        self._position = 0

    @property
    def size(self) -> int:
        """Length of the stream, in bytes."""
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to any place that is not before the stream; reading behind its end gives no bytes."""
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence == os.SEEK_END:
            offset += self._size
        if offset < 0:
            raise ValueError("a place before the start of the stream")
        self._position = offset
        return offset

    def read(self, size: int | None = -1) -> bytes:
        """The next ``size`` bytes, fewer only at the end of the stream (or of what it is read from, where that ends earlier)."""
        rest = max(0, self._size - self._position)
        data = self._at(self._position, rest if size is None or size < 0 else min(size, rest))
        self._position += len(data)
        return data

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def _at(self, place: int, size: int) -> bytes:
        """``size`` bytes from a place on, which both lie within the stream unless ``size`` is 0."""
        raise NotImplementedError
