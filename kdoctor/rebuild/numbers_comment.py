"""Where the numbers of a rebuilt model are, as the comment that its code ends with: in the file, or in one that a command writes."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kdoctor.asked import installed_keras
from kdoctor.document import Format
from kdoctor.engine import Plan
from kdoctor.target import Target


def numbers_comment(path: Path, made: Plan, bolder: Callable[[], Plan], told: Iterable[str], *, for_sklearn: bool) -> str:
    """The comment's lines. ``made`` is the conversion into a ``.keras`` archive, ``bolder`` makes the one with ``--unsafe``, and ``told`` are
    the options that both need (`options`)."""
    name, lines = ascii(path.name), []
    if made.changes or made.before.document.format is not Format.KERAS_ZIP:
        out = ascii(f"{path.stem}.keras" if path.suffix != ".keras" else f"{path.stem}.fixed.keras")
        command = " ".join([f"kdoctor convert {name} --to keras -o {out}", *told])
        lines, name = [_command(made, bolder, command)], out
    use = f'model_kwargs={{"weights": {name}}} begins with the weights of the file' if for_sklearn else f"model.load_weights({name})"
    return "\n".join([*lines, f"# {use}"])


def _command(made: Plan, bolder: Callable[[], Plan], command: str) -> str:
    if not _writes(made):
        if not _writes(bolder()):
            return f"# Its weights have to be converted first; what is needed for that, this says: {command}"
        command += " --unsafe"
    return f"# Its weights, as Keras 3 has them: {command}"


def _writes(made: Plan) -> bool:
    return not (made.refused or made.after.failures or made.after.obstacles)


def options(target: Target, stubs: Iterable[str]) -> Iterator[str]:
    """What a conversion has to be told so that it finds what the code found: the user's own answers, and of ``stubs``, the classes that the
    code has stubs of, that the loader will know them."""
    given = target.given
    if target.label != installed_keras():
        yield f"--target {target.label}"
    yield from (f"--custom {_quoted(name)}" for name in dict.fromkeys([*given.custom, *sorted(stubs)]))
    yield from (f"--bind {_quoted(f'{name}={value!r}')}" for name, value in given.bindings.items())
    yield from (f"--set {_quoted(f'{layer}.{argument}={value!r}')}" for (layer, argument), value in given.settings.items())
    yield from (f"--hub-path {_quoted(f'{handle}={folder}')}" for handle, folder in given.hub_paths.items())
    if given.input_shape is not None:
        yield f"--input-shape {','.join(map(str, given.input_shape))}"


def _quoted(text: str) -> str:
    """For a shell, and on one line: the comment must not end before the command does."""
    return shlex.quote(text) if text.isprintable() else ascii(text)
