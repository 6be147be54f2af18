"""Which modules may run: a SavedModel is a program, so each has to be trusted by name, folder or file before a layer loads it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kdoctor.errors import KdoctorError, ReadError
from kdoctor.saved_model.embedded import embedded_module
from kdoctor.saved_model.module import Module, is_module, read_module

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^/]*/")


class UntrustedModule(KdoctorError):
    """A module that nobody trusted, that touches the outside, or that is not there; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the user named, and the operations touching the outside that it may hold."""

    what: str
    allow: frozenset[str]


_TRUSTED: list[Trust] = []


def trust(*handles_or_folders: str | os.PathLike[str], allow: Iterable[str] = ()) -> None:
    """Let layers run these modules: by their handle, by a folder that is or holds them, or by the archive that they are embedded in.

    A module that touches the outside (reads or writes files, runs Python, …) is refused all the same, unless ``allow`` names the
    operations: ``trust("nnlm", allow=["ReadFile"])``.
    """
    _TRUSTED.extend(Trust(os.fspath(what), frozenset(allow)) for what in handles_or_folders)


def distrust() -> None:
    """Forget all trust."""
    _TRUSTED.clear()


def trusted_module(handle: str, folder: str | None, embedded: str | None) -> Module:
    """The module that a layer may load.

    handle: what the layer was made with; folder: another name of the module's folder; embedded: the digest of the module that the
    layer's archive brings with it. Raises `UntrustedModule`.
    """
    for trusted in reversed(_TRUSTED):
        found = _in_archive(trusted, embedded) if embedded else None
        found = found or _found(trusted, handle, folder, embedded is None)
        if found is None:
            continue
        module = _read(found)
        if embedded and module.digested().digest != embedded:
            continue  # another module of the same name: it would compute something else
        _stays_inside(module, trusted, handle)
        return module
    raise UntrustedModule(_refusal(handle, embedded))


def _read(folder: Path) -> Module:
    try:
        return read_module(folder)
    except ReadError as error:
        raise UntrustedModule(str(error)) from error


def _in_archive(trusted: Trust, digest: str) -> Path | None:
    path = Path(trusted.what).expanduser()
    return embedded_module(path, digest) if path.exists() else None


def _found(trusted: Trust, handle: str, folder: str | None, by_name: bool) -> Path | None:
    """The module's folder, if this trust covers it; a handle that is no folder is resolved by TensorFlow Hub: cache, or download.

    What a file brings under a trusted name is not what is trusted under that name: ``by_name`` is false for it.
    """
    path = Path(trusted.what).expanduser()
    if path.is_dir():
        if is_module(path):
            return path if _is_named(path, handle, folder) else None
        return next((path / name for name in names(handle, folder) if is_module(path / name)), None)
    return _resolved(handle) if by_name and trusted.what == handle and not path.is_file() else None


def _is_named(path: Path, handle: str, folder: str | None) -> bool:
    local = Path(handle).expanduser()
    return (local.is_dir() and local.resolve() == path.resolve()) or path.resolve().name in (folder, *names(handle, folder))


def names(handle: str, folder: str | None = None) -> Iterator[str]:
    """The names that a module's folder may have below another: as kdoctor noted it, the end of its path, or that of a hub's cache."""
    if folder:
        yield folder
    url = URL.match(handle)
    steps = [step for step in re.split(r"[/\\]", handle[url.end() if url else 0 :].partition("?")[0]) if step not in ("", ".", "..")]
    for start in range(len(steps)):
        if not (url and steps[start:] == steps[-1:] and steps[-1].isdecimal()):  # a bare version names anything
            yield "/".join(steps[start:])
    yield hashlib.sha1(handle.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _resolved(handle: str) -> Path:
    try:
        import tensorflow_hub  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise UntrustedModule(f'the module {handle!r} is to be fetched by tensorflow_hub; pip install "kdoctor[hub]"') from error
    return Path(tensorflow_hub.resolve(handle))


def _stays_inside(module: Module, trusted: Trust, handle: str) -> None:
    wrong = [name for name in module.outside if name not in trusted.allow]
    if wrong:
        raise UntrustedModule(
            f"the module {handle!r} in {module.folder} touches the outside: {', '.join(wrong)}. If that is what it is for, say so: "
            f"kdoctor.hub.trust({trusted.what!r}, allow={wrong!r})"
        )


def _refusal(handle: str, embedded: str | None) -> str:
    if embedded:
        return (
            f"the file brings the module {handle!r} with it, and a SavedModel is a program: if you trust the file, call "
            'kdoctor.hub.trust("THE_FILE.keras") with its path before you load it'
        )
    known = ", ".join(repr(trusted.what) for trusted in _TRUSTED)
    covers = f" What is trusted so far does not hold it: {known}." if known else ""
    return (
        f"the layer runs the module {handle!r}, and a SavedModel is a program.{covers} If you trust it, call "
        f"kdoctor.hub.trust({handle!r}), or kdoctor.hub.trust(FOLDER) with the folder that holds it, before you load the file"
    )
