"""The list of a file's weights, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.text import Text

from kdoctor import __version__
from kdoctor.numbers import Numbers
from kdoctor.report import page, phrases
from kdoctor.report.printable import escaped, printable
from kdoctor.weights.accounting import Holding, Owner
from kdoctor.weights.balance import Difference
from kdoctor.weights.stored import written

SCHEMA = "kdoctor-weights/1"
HEADINGS = ("path", "layer", "role", "shape", "dtype", "bytes")
NUMBERS = ("min", "mean", "max", "NaN, Inf")
RIGHT = range(HEADINGS.index("bytes"), len(HEADINGS) + len(NUMBERS))
UNOWNED = {Owner.TRAINING: "(training)", Owner.UNTOLD: "?", Owner.STRAY: "nobody", Owner.SURPLUS: "nobody"}


def text(holdings: Sequence[Holding], seen: Mapping[str, Numbers], missing: Sequence[Difference], *, width: int, color: bool) -> str:
    """A line for each array, the variables that have none, and the sum. A path that is cut cannot be copied: no line is folded."""
    rows = [(*HEADINGS, *(NUMBERS if seen else ()))]
    for holding in holdings:
        weight = holding.weight
        cells = (holding.path, _owner(holding), holding.role, written(weight.shape), weight.dtype, f"{weight.bytes:,}")
        rows.append((*map(printable, cells), *(_numbers(seen.get(holding.path)) if seen else ())))
    for lost in missing:
        cells = ("[missing]", printable(lost.layer), lost.role, written(lost.claimed), "", "")
        rows.append((*cells, *(_numbers(None) if seen else ())))
    heading, *lines = page.columns(rows, RIGHT)
    console, printed = page.blank(width, color)
    console.print(Text(heading, "dim"), soft_wrap=True)
    printed.writelines(f"{line}\n" for line in lines)
    count = sum(holding.weight.parameters for holding in holdings)
    size = phrases.size(sum(holding.weight.bytes for holding in holdings))
    console.print(f"\n{len(holdings)} arrays · {count:,} numbers · {size}", soft_wrap=True)
    return printed.getvalue()


def _owner(holding: Holding) -> str:
    if holding.owner is Owner.LAYER:
        return holding.layer + (" (stands elsewhere)" if holding.moved else "")
    return " ".join(part for part in (holding.layer, UNOWNED[holding.owner]) if part)


def _numbers(numbers: Numbers | None) -> tuple[str, ...]:
    if numbers is None:
        return ("", "", "", "")
    told = (("—" if value is None else f"{value:.4g}") for value in (numbers.least, numbers.mean, numbers.most))
    return (*told, f"{numbers.wrong:,}" if numbers.wrong else "")


def render_json(path: str, holdings: Sequence[Holding], seen: Mapping[str, Numbers], missing: Sequence[Difference]) -> str:
    """One JSON object; ``numbers`` is null where nobody looked at them, or an array holds none."""
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "kdoctor": __version__,
        "path": path,
        "arrays": [_array(holding, seen.get(holding.path)) for holding in holdings],
        "missing": [{"layer": lost.layer, "role": lost.role, "shape": lost.claimed} for lost in missing],
    }
    return escaped(json.dumps(told, indent=1))


def _array(holding: Holding, numbers: Numbers | None) -> dict[str, Any]:
    weight = holding.weight
    told = None if numbers is None else asdict(numbers)
    if told is not None:
        told["checksum"] = f"{told['checksum']:08x}"
    return {
        "path": holding.path,
        "owner": holding.owner.value,
        "layer": holding.layer or None,
        "role": holding.role or None,
        "shape": list(weight.shape),
        "claimed": None if holding.claimed is None else list(holding.claimed),
        "dtype": weight.dtype,
        "bytes": weight.bytes,
        "numbers": told,
    }
