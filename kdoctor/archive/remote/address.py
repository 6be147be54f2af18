"""Addresses of remote files, and what of them may be shown: never who asks, nor the key that lets them in."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?=://|::)")  # two letters at least: one is a drive of Windows
_FLATTENED: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)")
_USER: Final = re.compile(r"(?<=://)[^/@\s]+@")
_QUERY: Final = re.compile(r"\?[^\s'\")>]*")
_TARS: Final = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


def is_remote(text: str) -> bool:
    """Whether a path is the address of something that fsspec opens: a URL, a chain of them, or a tar archive."""
    return (bool(_SCHEME.match(text)) and not os.path.exists(text)) or (is_tar(text) and os.path.isfile(text))


def is_tar(name: str) -> bool:
    """Whether a file is called like a tar archive, plain or compressed."""
    return name.lower().endswith(_TARS)


def address_of(path: Path) -> str | None:
    """The address that was taken for a path, which has made one slash of two; None for what was none."""
    found = _FLATTENED.match(path.as_posix())
    return None if found is None else f"{found[1]}://{found[2]}"


def root_of(text: str) -> str:
    """The address with a tar archive, wherever it lies, as a folder."""
    return f"tar://::{text}" if is_tar(text.partition("?")[0]) and not text.startswith("tar://") else text


def shown(text: str) -> str:
    """An address, or a sentence with addresses, without user names, passwords and queries."""
    return _QUERY.sub("", _USER.sub("", text))


def without_secrets(text: str, address: str) -> str:
    """A sentence of someone else's about this address, without what of it may not be shown, however it is quoted."""
    secrets = [found.rstrip("@") for found in _USER.findall(address)]
    secrets += [value for query in _QUERY.findall(address) for value in re.split(r"[?&]|::", query) if value]
    forms = {form for secret in secrets for form in (secret, unquote(secret), secret.partition("=")[2]) if len(form) > 3}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "…")
    return shown(text)
