"""Bytes to documents and back: the only package that knows how a saved file is stored."""

from kdoctor.archive.reader import open_document

__all__ = ["open_document"]
