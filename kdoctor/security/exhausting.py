"""What costs whoever loads a file any amount of time or memory, and holds next to nothing: patterns, and calls that are made at once."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node, objects
from kdoctor.structure.outline import found_in_objects, objects_named
from kdoctor.structure.plain_calls import called_plainly
from kdoctor.structure.sources import CONSTANT, only_tensor, tensors

MAPS: Final = "DTypePolicyMap"  # its keys are expressions, which Keras matches with the path of each layer
STEPS: Final = 10**10
LONGEST: Final = 4_000  # letters of an expression, beyond which nobody looks what it takes
LETTERS: Final = 20_000  # of all expressions that are tried: to try one takes some microseconds a letter
SPECIAL: Final = frozenset("()[]{}*+?\\|")  # without one of them a text is an expression
PATH: Final = 200  # letters of a layer's path, where no name is longer
# Escapes and sets of letters are passed over; a group that is repeated, what is repeated, what may be missing.
# A set that nothing ends goes on to the end: Python refuses the expression, and to look for an end from each bracket would take the square of its length.
REPEATED: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*(?:\]|\\?\Z)|(\)(?:[*+]|\{\d*,?\d*\}))|([*+]|\{\d*,?\d*\})\??|(\?)", re.DOTALL)


class Pattern(NamedTuple):
    """An expression that may take any time, and the object that has it."""

    at: Pointer
    text: str


def slow_patterns(document: Document) -> Iterator[Pattern]:
    """The keys of policy maps for which matching one name may take longer than anybody waits."""
    longest: int | None = None
    for node in objects_named(document, (MAPS,)):
        patterns = node.config.get("policy_map")
        for text in patterns if isinstance(patterns, dict) else ():
            if len(text) > LONGEST:
                yield Pattern(node.at / "config" / "policy_map", text[:PATH])
                continue
            longest = longest or max([PATH, *(len(each.name or "") for each in objects(document))])
            if is_slow(text, longest):
                yield Pattern(node.at / "config" / "policy_map" / text, text)


def no_patterns(document: Document) -> Iterator[tuple[Pattern, str]]:
    """The keys of policy maps that Python takes for no expression, and why; a name that is a key is looked up as it stands."""
    names: frozenset[str | None] | None = None
    left = LETTERS
    for node in objects_named(document, (MAPS,)):
        patterns = node.config.get("policy_map")
        for text in patterns if isinstance(patterns, dict) else ():
            if len(text) > min(LONGEST, left) or SPECIAL.isdisjoint(text):
                continue
            left -= len(text)
            if (why := _refused(text)) is None:
                continue
            names = names if names is not None else frozenset(each.name for each in objects(document))
            if text.rpartition("/")[2] not in names:
                yield Pattern(node.at / "config" / "policy_map" / text, text), why


@lru_cache(maxsize=256)
def _refused(text: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return None


def is_slow(pattern: str, longest: int = PATH) -> bool:
    """Whether a backtracking matcher may need more steps than it ever comes to the end of, for a text of so many letters.

    A repeated group takes exponentially many where there are two ways through it; who repeats one is not asked which.
    """
    repeats = optional = 0
    for found in REPEATED.finditer(pattern):
        if found[1]:
            return True
        repeats += found[2] is not None
        optional += found[3] is not None
    return bool(longest**repeats * 2 ** min(optional, 64) > STEPS)


def immediate_calls(document: Document) -> Iterator[Node]:
    """Layers and operations that are called with numbers and no tensor: such a call is computed while the model is made.

    Keras records a call where a tensor takes part, and no other.
    """
    plainly = called_plainly(document)

    def judge(node: Node) -> Iterator[Node]:
        calls = node.raw.get("inbound_nodes")
        if calls and id(node.raw) not in plainly and isinstance(calls, list) and any(map(_is_immediate, calls)):
            yield node

    return found_in_objects(document, judge, named=True)


def _is_immediate(call: Json) -> bool:
    return bool(call) and not _has_tensor(call) and _has_number(call)


def _has_tensor(call: Json) -> bool:
    alone = only_tensor(call)
    return (alone is not None and alone.layer != CONSTANT) or any(source.layer != CONSTANT for source in tensors(call))


def _has_number(call: Json) -> bool:
    stack = [call]
    while stack:
        item = stack.pop()
        if isinstance(item, (int, float)) and not isinstance(item, bool):
            return True
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item[2:] if item[:1] == [CONSTANT] else item)  # the number behind that word counts nothing
    return False
