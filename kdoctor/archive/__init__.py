"""Bytes to documents and back: the only package that knows how a saved file is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdoctor.archive.remote.file import Place, RemoteFile
from kdoctor.limits import Limits

if TYPE_CHECKING:
    from kdoctor.document import Document

__all__ = ["Place", "RemoteFile", "open_document"]


def open_document(path: Place, limits: Limits = Limits()) -> Document:  # noqa: B008 (a frozen value)
    """The document of a file or of an unzipped archive; whatever the bytes are, there is one, with faults that say what is wrong.

    Raises `ReadError` when the path cannot be opened at all: missing, forbidden, a device, a folder without a model.
    """
    from kdoctor.archive.reader import (
        open_document,
    )  # brings the readers of all formats, which a scan that finds all in its cache never needs

    return open_document(path, limits)
