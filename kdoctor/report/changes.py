"""The differences between two files, for people (text, a page of HTML) and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from itertools import groupby

from kdoctor import __version__
from kdoctor.document import Json
from kdoctor.report.printable import escaped, printable
from kdoctor.weights.comparison import Change

SCHEMA = "kdoctor-diff/1"
LONGEST = 200  # characters of a value for people


def render_text(changes: Sequence[Change]) -> str:
    """One paragraph for each topic; the empty text where nothing differs."""
    lines = []
    for topic, rows in groupby(changes, key=lambda change: change.topic):
        lines.append(topic)
        for row in rows:
            lines.append(f"  {row.place or 'all of it'}")
            lines += [f"    - {_short(row.one)}"] if row.one is not None else []
            lines += [f"    + {_short(row.other)}"] if row.other is not None else []
    return "".join(f"{printable(line)}\n" for line in lines)


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def render_json(one: str, other: str, changes: Sequence[Change]) -> str:
    """One JSON object."""
    told = {"schema": SCHEMA, "kdoctor": __version__, "one": one, "other": other, "same": not changes}
    return escaped(json.dumps({**told, "changes": [asdict(change) for change in changes]}, indent=1, default=str))


def render_html(one: str, other: str, changes: Sequence[Change]) -> str:
    """A page of its own, without scripts and without anything from elsewhere."""
    rows = [
        f"<tr><td>{_cell(row.topic)}</td><td>{_cell(row.place)}</td><td>{_cell(row.one)}</td><td>{_cell(row.other)}</td></tr>"
        for row in changes
    ]
    head = f"<tr><th></th><th></th><th>{_cell(one)}</th><th>{_cell(other)}</th></tr>"
    style = "body{font:14px sans-serif}td,th{text-align:left;vertical-align:top;padding:2px 12px 2px 0}"
    body = f"<table>{head}{''.join(rows)}</table>" if rows else "<p>no difference</p>"
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>kdoctor diff</title><style>{style}</style><body>{body}</body></html>\n'


def _cell(value: Json) -> str:
    return "" if value is None else escape(printable(_short(value)))
