"""Zips in memory, opened as the reader opens them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

from kdoctor.archive.zip.archive import OpenedZip, open_zip
from kdoctor.archive.zip.integrity import integrity_faults
from kdoctor.archive.zip.member import Archive
from kdoctor.document import Json
from kdoctor.limits import Limits

CONFIG = json.dumps({"class_name": "Sequential", "config": {"layers": list(range(4000))}}, indent=1).encode()


class Unseekable(io.BytesIO):
    """What makes zipfile write sizes behind the data, as it does for a pipe."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: int) -> int:
        raise OSError


def opened(data: bytes, limits: Limits = Limits()) -> OpenedZip:  # noqa: B008 (a frozen value)
    found = open_zip(io.BytesIO(data), len(data), limits)
    assert found is not None
    return found


def faults(found: OpenedZip) -> dict[str, Mapping[str, Json]]:
    return {fault.kind: fault.detail for fault in found.faults}


def contents(found: OpenedZip) -> dict[str, bytes]:
    return {entry.name: found.archive.read(entry) for entry in found.archive.entries}


def integrity(archive: Archive) -> list[tuple[str, Mapping[str, Json]]]:
    return [(fault.kind, fault.detail) for fault in integrity_faults(archive, ["stray"] * len(archive.entries))]


def piped(members: Mapping[str, bytes], method: int) -> bytes:
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()
