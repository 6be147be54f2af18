"""Python expressions as a small tree, and their layout: on one line where they fit, else one item a line with a comma behind each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 88  # the line length of black and ruff
INDENT = 4


@dataclass(frozen=True, slots=True)
class Atom:
    """A text that is never broken: a name, a number, a quoted string, ``x[:, 0]``."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a group, with what stands before it: ``name=`` in a call, ``"key": `` in a dict."""

    value: Fragment
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Items in brackets, after a head: ``[…]``, ``{…}``, ``keras.layers.Dense(…)``. ``is_tuple``: one item alone has a comma behind it."""

    head: str
    brackets: str
    items: tuple[Item, ...]
    is_tuple: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """A call of what a call returned: ``keras.layers.Dense(8)(x)``."""

    function: Fragment
    arguments: Group


Fragment: TypeAlias = "Atom | Group | Applied"


def call(function: str, items: Iterable[Item]) -> Group:
    return Group(function, "()", tuple(items))


def listing(values: Iterable[Fragment]) -> Group:
    return Group("", "[]", tuple(Item(value) for value in values))


def sequence(values: Iterable[Fragment]) -> Group:
    """A tuple."""
    return Group("", "()", tuple(Item(value) for value in values), is_tuple=True)


def flat(fragment: Fragment) -> str:
    """The expression on one line."""
    if isinstance(fragment, Atom):
        return fragment.text
    if isinstance(fragment, Applied):
        return flat(fragment.function) + flat(fragment.arguments)
    items = [item.prefix + flat(item.value) for item in fragment.items]
    comma = "," if fragment.is_tuple and len(items) == 1 else ""
    return f"{fragment.head}{fragment.brackets[0]}{', '.join(items)}{comma}{fragment.brackets[1]}"


def laid_out(fragment: Fragment, indent: int, used: int, behind: int = 0) -> str:
    """The expression in lines of `WIDTH`. ``indent``: columns before its statement; ``used``: before it; ``behind``: needed after it."""
    line = flat(fragment)
    if used + len(line) + behind <= WIDTH or isinstance(fragment, Atom):
        return line
    if isinstance(fragment, Applied):
        return _applied(fragment, indent, used, behind)
    if not fragment.items:
        return line
    inner = indent + INDENT
    pad = " " * inner
    lines = [f"{pad}{item.prefix}{laid_out(item.value, inner, inner + len(item.prefix), 1)}," for item in fragment.items]
    return "\n".join([fragment.head + fragment.brackets[0], *lines, " " * indent + fragment.brackets[1]])


def _applied(fragment: Applied, indent: int, used: int, behind: int) -> str:
    """The constructor's arguments are broken first: what it is called with stands right behind."""
    arguments = flat(fragment.arguments)
    if indent + 1 + len(arguments) + behind > WIDTH:
        function = laid_out(fragment.function, indent, used, 1)
        return function + laid_out(fragment.arguments, indent, WIDTH)
    if isinstance(fragment.function, Group) and fragment.function.items:
        return laid_out(fragment.function, indent, WIDTH) + arguments
    return flat(fragment.function) + laid_out(fragment.arguments, indent, WIDTH)


def statement(before: str, fragment: Fragment, indent: int = 0) -> str:
    """``before`` (as ``x = `` or ``return ``) and the expression, indented."""
    return " " * indent + before + laid_out(fragment, indent, indent + len(before))
