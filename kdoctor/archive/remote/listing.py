"""Which remote files are models, by name: folders are listed one at a time, in a stable order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kdoctor.archive.remote.address import root_of, shown, without_secrets
from kdoctor.archive.remote.file import TROUBLE, RemoteFile, filesystem, path_in
from kdoctor.errors import UsageError


def find_remote(text: str, is_model: Callable[[str], bool]) -> Iterator[RemoteFile]:
    """The file at an address, or every model below it. ``is_model`` judges a name.

    Raises `UsageError` for an address that cannot be used at all; a folder below it that cannot be listed is given back itself.
    """
    root = root_of(text)
    try:
        system, path = filesystem(root), path_in(root)
        if root.startswith(("http://", "https://")) and is_model(shown(path)):
            yield RemoteFile(root, path)  # a web server has no folders to speak of
            return
        entry = {"name": "", "type": "directory"} if root.startswith("tar://") and not path else system.info(path)
    except TROUBLE as error:
        why = "no such file or folder" if isinstance(error, FileNotFoundError) else without_secrets(str(error), root)
        raise UsageError(f"{shown(text)}: {why}") from None
    if entry["type"] == "directory":
        yield from _below(root, path, is_model)
    else:
        yield RemoteFile.listed(root, entry)


def _below(root: str, folder: str, is_model: Callable[[str], bool]) -> Iterator[RemoteFile]:
    try:
        entries = sorted(filesystem(root).ls(folder, detail=True), key=lambda entry: str(entry["name"]))
    except TROUBLE:
        yield RemoteFile(root, folder)
        return
    entries = [entry for entry in entries if entry["name"].strip("/") != folder.strip("/")]  # the mark of a folder in a bucket
    yield from (RemoteFile.listed(root, entry) for entry in entries if entry["type"] == "file" and is_model(entry["name"]))
    for entry in entries:
        if entry["type"] == "directory":
            yield from _below(root, entry["name"], is_model)
