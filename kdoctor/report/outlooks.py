"""Which releases load a file, as a line of text for each family, and the first reason of those that do not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from kdoctor.engine import Outlook
from kdoctor.report import phrases
from kdoctor.report.printable import printable

SIGNS = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}


def strip(outlooks: Sequence[Outlook]) -> Group:
    """``keras 2.4-2.12 ✗ 2.13-2.15 ✓ 3.0-3.15 ✗``, one line for each family, then each distinct first reason with its releases."""
    lines = [_line(family, list(found)) for family, found in groupby(outlooks, key=lambda outlook: outlook.target.family)]
    reasons: dict[str, list[Outlook]] = {}
    for outlook in outlooks:
        if outlook.reason is not None:
            text = f"{outlook.reason.check.code} {phrases.releaseless(outlook.reason, outlook.target)}"
            reasons.setdefault(text, []).append(outlook)
    told = [Text.assemble((f"{_releases(found)}  ", "dim"), printable(reason)) for reason, found in reasons.items()]
    return Group(*(Padding(line, (0, 0, 0, 2)) for line in lines), *(Padding(line, (0, 0, 0, 4)) for line in told), Text())


def _line(family: str, outlooks: Sequence[Outlook]) -> Text:
    line = Text(family)
    for loads, run in groupby(outlooks, key=lambda outlook: outlook.loads):
        line.append(f" {_span(list(run))} ").append(*SIGNS[loads])
    return line


def _releases(outlooks: Sequence[Outlook]) -> str:
    """``keras 3.0-3.15, tf-keras 2.16``: from the first to the last of each family that has the reason."""
    families = groupby(outlooks, key=lambda outlook: outlook.target.family)
    return ", ".join(f"{family} {_span(list(found))}" for family, found in families)


def _span(outlooks: Sequence[Outlook]) -> str:
    first, last = (".".join(str(part) for part in outlooks[at].target.minor) for at in (0, -1))
    return first if first == last else f"{first}-{last}"
