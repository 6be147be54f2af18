"""Bytes to documents and back: the only package that knows how a saved file is stored."""

from kdoctor.archive.reader import open_document
from kdoctor.archive.remote.file import Place, RemoteFile

__all__ = ["Place", "RemoteFile", "open_document"]
