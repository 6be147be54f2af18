"""Losses, their weights and metrics of several outputs as ``--compile`` takes them: ``loss=[mse,mae]``, ``loss={a:mse,b:mae}``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from kdoctor.document import Document, Json
from kdoctor.errors import UsageError
from kdoctor.structure.models import models
from kdoctor.target import Training

QUOTES = " '\""
OPEN, CLOSED = "([{", ")]}"
NOTHING = ("none", "null")
PARTS = ("loss", "loss_weights", "metrics")


def output_names(document: Document) -> list[str]:
    """What the outputs of the model are called, in their order; a Sequential's by its last layer."""
    listed = models(document)
    if not listed:
        return []
    ends = listed[0].node.config.get("output_layers")
    if not listed[0].functional:
        return [layer.name for layer in listed[0].layers[-1:]]
    return [*ends] if isinstance(ends, dict) else [source.layer for source in listed[0].endpoints("output_layers")]


def require_outputs(training: Training, names: Sequence[str]) -> None:
    """Raises `UsageError` where what is said of each output is not that of these."""
    have = f"the model has {len(names)} output{'' if len(names) == 1 else 's'}: {', '.join(names)}"
    for part in PARTS:
        said = getattr(training, part)
        if isinstance(said, dict) and (unknown := [name for name in said if name not in names]):
            raise UsageError(f"--compile {part}: there is no output {unknown[0]!r}; {have}")
        if part == "loss_weights" and len(names) > 1 and isinstance(said, float):
            raise UsageError(f"--compile {part}: say a weight for each; {have}")
        if isinstance(said, list) and len(said) != len(names):
            raise UsageError(f"--compile {part}: it is a list of {len(said)}, and {have}")


def each_of(part: str, text: str, read: Callable[[str], Json]) -> Json:
    """One value, a list of them in the order of the outputs, or a dict by their names. Raises `UsageError`."""
    text = text.strip()
    if text[:1] == "[" and text[-1:] == "]":
        return [_one(item, read) for item in split(text[1:-1])]
    if text[:1] == "{" and text[-1:] == "}":
        found: dict[str, Json] = {}
        for item in split(text[1:-1]):
            name, colon, value = _at_colon(item)
            if not colon or not name.strip(QUOTES) or name.strip(QUOTES) in found:
                raise UsageError(f"--compile {part}={text}: write {{output:{_example(part)},other:{_example(part)}}}, each output once")
            found[name.strip(QUOTES)] = _one(value, read)
        return found
    return read(text)


def _one(text: str, read: Callable[[str], Json]) -> Json:
    return None if text.strip(QUOTES).lower() in NOTHING else read(text.strip())


def _example(part: str) -> str:
    return {"loss": "mse", "loss_weights": "1.0"}.get(part, "mae")


def _at_colon(text: str) -> tuple[str, str, str]:
    """A name in quotes may hold a colon."""
    text = text.strip()
    if text[:1] in ("'", '"') and (end := text.find(text[0], 1)) > 0:
        name, rest = text[: end + 1], text[end + 1 :].strip()
        return name, rest[:1] if rest[:1] == ":" else "", rest[1:]
    return text.partition(":")


def split(text: str, signs: str = ",") -> Iterator[str]:
    """What stands between commas that no bracket and no quotes hold; nothing of an empty text."""
    start = depth = 0
    quote = ""
    for index, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in OPEN or sign in CLOSED:
            depth += 1 if sign in OPEN else -1
        elif sign in signs and depth == 0:
            yield text[start:index]
            start = index + 1
    if text[start:].strip():
        yield text[start:]


def weight(text: str) -> float:
    """Of a loss. Raises `UsageError`."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0 or value == float("inf"):
        raise UsageError(f"--compile loss_weights: a weight is a number, not {text!r}")
    return float(value)
