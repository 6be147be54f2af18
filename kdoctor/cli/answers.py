"""What a user answers to a finding's needs: the options that ``fix`` and ``convert`` share, and what their texts mean."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from kdoctor.doctor import examine_file
from kdoctor.document import Json
from kdoctor.errors import UsageError
from kdoctor.keras_api.pythons import oldest_python
from kdoctor.packs import load_checks
from kdoctor.target import Given, StateWish, Target

BindOption = Annotated[list[str], typer.Option("--bind", metavar="NAME=VALUE", help="The value of a name that a Lambda reads.")]
BindFromOption = Annotated[
    Path | None,
    typer.Option("--bind-from", metavar="FILE.py", help="Your training script: the constants that a Lambda reads; read, not run."),
]
CompileOption = Annotated[
    str | None,
    typer.Option(
        "--compile",
        metavar="SPEC",
        help="optimizer=adam(1e-4),loss=mse,metrics=mae; of several outputs loss={a:mse,b:mae}, loss_weights= and metrics= the same; "
        "a schedule: adam(exponential_decay(0.01,1000,0.9))",
    ),
]
SetOption = Annotated[
    list[str],
    typer.Option("--set", metavar="LAYER.ARG=VALUE", help="An argument that the file has lost, of a custom layer or one of Keras."),
]
HubPathOption = Annotated[
    list[str],
    typer.Option("--hub-path", metavar="HANDLE=DIR", help="A copy of a TensorFlow Hub module on this machine; with --custom hub."),
]
EmbedOption = Annotated[bool, typer.Option("--embed", help="With --custom hub: bring the modules into the new file.")]
InputShapeOption = Annotated[
    str | None, typer.Option("--input-shape", metavar="None,224,224,3", help="The model's input, the batch first.")
]
DropOption = Annotated[bool, typer.Option("--drop-optimizer", help="Leave the optimizer's state out: a smaller file, for predictions.")]
KeepOption = Annotated[bool, typer.Option("--keep-optimizer", help="Refuse what would lose the optimizer's state.")]
PruneOption = Annotated[bool, typer.Option("--prune", help="Leave out layers that no output needs, with their weights.")]
UnsafeOption = Annotated[bool, typer.Option("--unsafe", help="Also make repairs that may change training, drop something, or keep code.")]
PythonOption = Annotated[
    str | None, typer.Option("--python", metavar="PATH", help="With --unsafe: the interpreter that will load the file; default: this one.")
]


def answers(
    bind: Sequence[str], custom: Sequence[str], settings: Sequence[str], hub_path: Sequence[str], embed: bool, input_shape: str | None
) -> Given:
    """What the options say. Raises `UsageError`."""
    return Given(
        bindings=parse_bindings(bind),
        custom=tuple(custom),
        hub_paths=parse_paths(hub_path),
        embed=embed,
        settings=parse_settings(settings),
        input_shape=parse_shape(input_shape),
        typed=typed(bind=bind, custom=custom, set=settings, hub_path=hub_path, embed=embed, input_shape=input_shape),
    )


def typed(**options: object) -> tuple[tuple[str, str], ...]:
    """The flags that were given, each with its value, so that a command for the next step repeats them: name of the option -> what it holds."""
    found: list[tuple[str, str]] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool) or value is None:
            found += [(flag, "")] if value else []
        else:
            found += [(flag, str(one)) for one in (value if isinstance(value, (list, tuple)) else [value])]
    return tuple(found)


def for_python(target: Target, python: str | None) -> Target:
    """The target as it runs in that interpreter. Raises `UsageError` if it is none, or too old for the target."""
    if python is None:
        return target
    from kdoctor.recompiling.run import release_of

    release = release_of(python)
    if target.keras_3 and release < oldest_python(target.minor):
        raise UsageError(f"--python {python}: it is Python {release[0]}.{release[1]}, and {target} needs a later one")
    return replace(target, python=release)


def state_wish(drop: bool, keep: bool) -> StateWish:
    """What ``--drop-optimizer`` and ``--keep-optimizer`` say. Raises `UsageError`."""
    if drop and keep:
        raise UsageError("--drop-optimizer and --keep-optimizer exclude each other")
    return StateWish.DROP if drop else StateWish.KEEP if keep else StateWish.WHERE_IT_MAPS


def read_architecture(text: str | None) -> Json:
    """``--architecture``: the config of the model in a file, in which nothing runs, or of the one that ``pkg.module:builder`` returns,
    which runs in a child process. Raises `UsageError`."""
    if text is None:
        return None
    from kdoctor.archive.bare_config import around

    found = around(_built(text) if not os.path.exists(text) else _stored(Path(text)))
    if not isinstance(found, dict) or "class_name" not in found:
        raise UsageError(f"--architecture {text}: it holds no model; save one with model.to_json()")
    return {key: value for key, value in found.items() if key != "compile_config"}


def _built(text: str) -> Json:
    from kdoctor.builder import architecture_of, is_builder

    if not is_builder(text):
        raise UsageError(f"--architecture {text}: there is no such file; a function that builds the model is written pkg.module:builder")
    return architecture_of(text)


def _stored(path: Path) -> Json:
    from kdoctor.archive import open_document
    from kdoctor.archive.json_part import read_json
    from kdoctor.limits import Limits

    document = open_document(path)
    found = document.config
    if isinstance(found, dict) and not document.format.native:  # what model.to_json() says, and an .h5 keeps beside the config
        root = document.attributes.get("/", {})
        return {**found, **{name: root[name] for name in ("keras_version", "backend") if isinstance(root.get(name), str)}}
    if not isinstance(found, dict) and path.is_file() and path.stat().st_size <= Limits().json_bytes:
        found = read_json(_once(path.read_bytes()), "config", Limits())[0]
    return found


def _once(data: bytes) -> bytes:
    """The JSON text; ``json.dump(model.to_json(), file)`` wrote it as a string."""
    try:
        found = json.loads(data) if data.lstrip()[:1] == b'"' else None
    except ValueError:
        found = None
    return found.encode() if isinstance(found, str) else data


def with_script(file: Path, target: Target, script: Path | None) -> Target:
    """The target with what the script says of the names that the file needs; what it does not say is told on standard error."""
    if script is None:
        return target
    report = examine_file(file, target, load_checks())
    needed = dict.fromkeys(need.name for found in report.findings for need in found.finding.needs if need.flag == "--bind")
    known, unknown = read_bindings(script, tuple(needed))
    for sentence in unknown:
        typer.echo(sentence, err=True)
    return replace(target, given=replace(target.given, bindings={**known, **target.given.bindings}))


def parse_bindings(texts: Sequence[str]) -> dict[str, Json]:
    """``--bind NAME=VALUE``; the value as a Python literal, or else as text."""
    found: dict[str, Json] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"--bind {text!r}: write NAME=VALUE")
        found[name] = _literal(value)
    return found


def read_bindings(path: Path, names: Sequence[str]) -> tuple[dict[str, Json], tuple[str, ...]]:
    """``--bind-from FILE.py``: what the script says of these names, and a sentence about each of which it says nothing. Nothing in it runs."""
    from kdoctor.script_constants import Unknown, constant, read_script

    try:
        script = read_script(path.read_text("utf-8"))
    except (OSError, ValueError, UsageError) as error:
        raise UsageError(f"--bind-from {path}: {error}") from error
    found: dict[str, Json] = {}
    unknown = []
    for name in names:
        try:
            found[name] = constant(script, name)
        except Unknown as reason:
            unknown.append(f"--bind-from {path.name} does not say what {name} is: {reason}")
    return found, tuple(unknown)


def parse_settings(texts: Sequence[str]) -> dict[tuple[str, str], Json]:
    """``--set LAYER.ARG=VALUE``; a layer's name may hold dots, an argument's does not."""
    found: dict[tuple[str, str], Json] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        layer, dot, argument = place.rpartition(".")
        if not equals or not dot or not layer or not argument.isidentifier():
            raise UsageError(f"--set {text!r}: write LAYER.ARGUMENT=VALUE")
        found[layer, argument] = _literal(value)
    return found


def parse_paths(texts: Sequence[str]) -> dict[str, str]:
    """``--hub-path HANDLE=DIR``; a handle may hold an equals sign, a folder's last one counts."""
    found = {}
    for text in texts:
        handle, equals, folder = text.rpartition("=")
        if not equals or not handle or not folder:
            raise UsageError(f"--hub-path {text!r}: write HANDLE=DIR")
        found[handle] = folder
    return found


def parse_shape(text: str | None) -> tuple[int | None, ...] | None:
    """``--input-shape None,224,224,3``: the batch first."""
    if text is None:
        return None
    value = _literal(text if text.strip().startswith(("(", "[")) else f"({text},)")
    if not isinstance(value, (tuple, list)) or not all(length is None or (type(length) is int and length > 0) for length in value):
        raise UsageError(f"--input-shape {text!r}: write the lengths of all axes, the batch first: None,224,224,3")
    return tuple(value)


def _literal(text: str) -> Json:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
