"""Which of a file's TensorFlow Hub modules are on this machine: where the user says, where the handle leads, in the hub's cache.

Folders are read, nothing is loaded or fetched.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kdoctor.custom.hub_layers import handles
from kdoctor.document import Document
from kdoctor.errors import ReadError, UsageError
from kdoctor.saved_model.module import Module, is_module, read_module
from kdoctor.target import Target

HUB = "hub"  # the name that --custom knows


def with_modules(document: Document, target: Target) -> Target:
    """The target with the modules that could be found, where the user asks for the cure of hub layers.

    Raises `UsageError` for a ``--hub-path`` that no layer of the file has, `ReadError` for one that leads to no module.
    """
    given = target.given
    if HUB not in given.custom:
        return target
    asked = handles(document, target)
    for handle in given.hub_paths:
        if handle not in asked:
            known = ", ".join(repr(one) for one in asked) or "no TensorFlow Hub module at all"
            raise UsageError(f"--hub-path {handle!r}: the file names {known}")
    modules = {handle: module for handle in asked if (module := _module(handle, document, target)) is not None}
    if given.embed:
        modules = {handle: module.digested() for handle, module in modules.items()}
    return replace(target, given=replace(given, modules=modules))


def _module(handle: str, document: Document, target: Target) -> Module | None:
    if handle in target.given.hub_paths:
        return read_module(Path(target.given.hub_paths[handle]).expanduser().absolute())
    for folder in _places(handle, document):
        try:
            if is_module(folder):
                return read_module(folder)
        except (ReadError, OSError, ValueError):  # a name that no system takes, or a folder that holds something else
            continue
    return None


def _places(handle: str, document: Document) -> Iterator[Path]:
    """A local handle as it stands, or beside the file; the hub's cache, where folders are named after the handle's sha1."""
    cache = os.environ.get("TFHUB_CACHE_DIR") or os.path.join(tempfile.gettempdir(), "tfhub_modules")
    if "://" not in handle:
        yield Path(handle).absolute()
        if document.origin is not None:
            yield document.origin.path.absolute().parent / handle
    yield Path(cache) / hashlib.sha1(handle.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
