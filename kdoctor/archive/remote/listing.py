"""Which remote files are models, by name: folders are listed one at a time, in a stable order."""

from __future__ import annotations

from collections.abc import Callable

from kdoctor.archive.remote.address import root_of, shown, without_secrets
from kdoctor.archive.remote.file import RemoteFile, filesystem, path_in, trouble
from kdoctor.errors import UsageError


def find_remote(text: str, is_model: Callable[[str], bool]) -> tuple[RemoteFile, bool]:
    """What is at an address, and whether it is a folder. ``is_model`` judges a name. Raises `UsageError` for an address that leads nowhere."""
    root = root_of(text)
    try:
        system, path = filesystem(root), path_in(root)
        if root.startswith(("http://", "https://")) and is_model(shown(path)):
            return RemoteFile(root, path), False  # a web server has no folders to speak of
        entry = {"name": "", "type": "directory"} if root.startswith("tar://") and not path else system.info(path)
    except trouble() as error:
        why = (
            "no such file or folder" if isinstance(error, FileNotFoundError) else without_secrets(str(error) or type(error).__name__, root)
        )
        raise UsageError(f"{shown(text)}: {why}") from None
    return (RemoteFile(root, path), True) if entry["type"] == "directory" else (RemoteFile.listed(root, entry), False)


def entries_of(folder: RemoteFile) -> list[tuple[RemoteFile, bool]] | None:
    """What is in a folder, by name, and which of it are folders; None for one that cannot be listed."""
    try:
        entries = sorted(filesystem(folder.root).ls(folder.path, detail=True), key=lambda entry: str(entry["name"]))
    except trouble():
        return None
    inside = (entry for entry in entries if entry["name"].strip("/") != folder.path.strip("/"))  # a bucket marks a folder by its own name
    return [
        (RemoteFile.listed(folder.root, entry), entry["type"] == "directory") for entry in inside if entry["type"] in ("file", "directory")
    ]
