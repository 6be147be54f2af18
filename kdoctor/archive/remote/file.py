"""One remote file: opened as a seekable stream that asks for the blocks it needs, and no others."""

from __future__ import annotations

import bisect
import functools
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

from kdoctor.archive.positioned import Positioned
from kdoctor.archive.remote.address import shown, without_secrets
from kdoctor.errors import ReadError, UsageError
from kdoctor.limits import Limits

# Headers of HDF5 stand in small groups between the weights: larger blocks bring weights, smaller ones more requests.
BLOCK_BYTES = 16 * 1024
FIRST_BLOCKS = 16  # are larger, by the size of the file: most models need no others, and each costs a journey
LARGEST_BLOCK_BYTES = 256 * 1024
BLOCKS = 1024  # kept in memory of one file
WHOLE_BYTES = Limits().digest_bytes  # a file up to this size is read to its end for its digest: it comes in one request
NO_RANGES = "cannot be read in parts: its server gives no ranges; download it, and examine the copy"
TROUBLE = (OSError, ValueError, RuntimeError, KeyError, NotImplementedError, EOFError)  # of file systems
# What the libraries below them raise, as far as they are there.
OF_LIBRARIES = (
    ("botocore.exceptions", "BotoCoreError"), ("botocore.exceptions", "ClientError"), ("google.auth.exceptions", "GoogleAuthError"),
    ("azure.core.exceptions", "AzureError"), ("aiohttp.client_exceptions", "ClientError"), ("_lzma", "LZMAError"),
    ("tarfile", "TarError"), ("zlib", "error"),
)  # fmt: skip
_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "blob_id", "LastModified", "last_modified", "mtime", "updated", "created")


def trouble() -> tuple[type[BaseException], ...]:
    """What a file system may raise because of the place or the way to it; everything else is a failure of its own."""
    found = [getattr(sys.modules.get(module), name, None) for module, name in OF_LIBRARIES]
    return (*TROUBLE, *(each for each in found if isinstance(each, type)))


def reason(error: BaseException) -> str:
    """What went wrong, where the library says no more than the address."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file, or nobody answers"
    return str(error) or type(error).__name__


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file below an address that fsspec understands; printed without anything secret.

    root: the address of the file system, as the user wrote it; path: the file's within it; size (bytes) and version as the listing has them.
    """

    root: str = field(repr=False)
    path: str = field(repr=False)
    size: int | None = None
    version: str | None = None

    @classmethod
    def listed(cls, root: str, entry: dict[str, Any]) -> RemoteFile:
        """The file that an entry of a listing describes."""
        version = next((str(entry[name]) for name in _VERSIONS if entry.get(name)), None)
        return cls(root, str(entry["name"]), entry.get("size"), version)

    def __str__(self) -> str:
        return shown(self.address)

    @property
    def address(self) -> str:
        """Where the file is, secrets included."""
        system = filesystem(self.root)
        if self.root.startswith("tar://"):
            return f"tar://{self.path.lstrip('/')}::{self.root.partition('::')[2]}"
        address, asked = str(system.unstrip_protocol(self.path)), self.root.partition("://")[0]
        known = (system.protocol,) if isinstance(system.protocol, str) else system.protocol
        return f"{asked}://{address.partition('://')[2]}" if asked in known else address  # az://, where the library says abfs://

    @property
    def name(self) -> str:
        return shown(self.path).rstrip("/").rpartition("/")[2]

    @property
    def signature(self) -> str | None:
        """Size and version; None where the server tells of no version."""
        return None if self.version is None else f"{self.size}:{self.version}"

    def without_secrets(self, text: str) -> str:
        return without_secrets(without_secrets(text, self.path), self.root)

    @contextmanager
    def opened(self) -> Iterator[tuple[BinaryIO, int]]:
        """The file's bytes as a seekable stream, and how many they are. Raises `ReadError`."""
        try:
            system = filesystem(self.root)
            known: dict[str, Any] = system.info(self.path) if self.size is None else {"size": self.size}
            size = known.get("size")
            if size is not None and size <= WHOLE_BYTES:
                data = cast(bytes, system.cat_file(self.path))
                yield io.BytesIO(data), len(data)
                return
            if known.get("partial") is False:
                raise ReadError(f"{self} {NO_RANGES}")
            options: dict[str, Any] = {} if self.root.startswith("tar://") else {"cache_type": "none"}
            if self.root.startswith(("http://", "https://")):
                options["size"] = size  # which it would ask for once more
            with system.open(self.path, "rb", block_size=BLOCK_BYTES, **options) as stream:
                if size is None or not stream.seekable():
                    raise ReadError(f"{self} {NO_RANGES}")
                watched = _Watched(stream, size)
                yield cast(BinaryIO, watched), size
                if watched.failure is not None:
                    raise watched.failure
        except trouble() as error:
            said = self.without_secrets(reason(error))
            raise ReadError(f"{self} {NO_RANGES}" if "range requests" in said else f"{self} cannot be read: {said}") from None


class _Watched(Positioned):
    """A remote stream in blocks that are kept, and that remembers a failure: what reads a damaged file takes a failure for damage and goes
    on, and a network is no damage."""

    def __init__(self, stream: Any, size: int) -> None:
        super().__init__(size)
        self._stream = stream
        self._starts: list[int] = []  # of the blocks, in order
        self._blocks: dict[int, bytes] = {}
        self.failure: Exception | None = None

    def _at(self, place: int, size: int) -> bytes:
        if self.failure is not None:
            raise self.failure
        try:
            return self._kept(place, size)
        except Exception as error:
            self.failure = error
            raise

    def _kept(self, place: int, wanted: int) -> bytes:
        """The bytes from a place on, from a block where one holds them; a new block begins at a multiple of the smallest."""
        index = bisect.bisect_right(self._starts, place) - 1
        if index >= 0:
            start = self._starts[index]
            if place + wanted <= start + len(self._blocks[start]):
                return self._blocks[start][place - start : place - start + wanted]
        start = place - place % BLOCK_BYTES
        large = min(LARGEST_BLOCK_BYTES, max(BLOCK_BYTES, self._size // 4096)) if len(self._starts) < FIRST_BLOCKS else BLOCK_BYTES
        length = max(place - start + wanted, large)
        self._stream.seek(start)
        data = bytes(self._stream.read(min(length, self._size - start)))
        if wanted <= LARGEST_BLOCK_BYTES:
            if len(self._starts) >= BLOCKS:
                self._starts.clear()
                self._blocks.clear()
            if start not in self._blocks:
                bisect.insort(self._starts, start)
            self._blocks[start] = data
        return data[place - start : place - start + wanted]


Place: TypeAlias = Path | RemoteFile


@functools.lru_cache(maxsize=4)  # reading the index of a tar archive is dear
def filesystem(root: str) -> Any:
    """The file system of an address. Raises `UsageError` where the library for it is not installed."""
    try:
        return _reached(root)[0]
    except ImportError as error:
        raise UsageError(f"{shown(root)}: {error}; pip install 'kdoctor[remote]'") from None
    except ValueError as error:  # a protocol that is not known
        raise UsageError(f"{shown(root)}: {without_secrets(str(error), root)}") from None


def path_in(root: str) -> str:
    """The path that an address names within its file system."""
    return str(_reached(root)[1])


def _reached(root: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    packed = {"tar": {"compression": "gzip"}} if root.partition("?")[0].lower().endswith(".tgz") else {}  # known by .gz alone
    found: tuple[Any, str] = url_to_fs(root, use_listings_cache=False, **packed)
    return found
