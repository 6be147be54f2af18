"""Writes call_signatures.json from Keras's archives: ``python -m kdoctor.keras_api.generate_calls [--wheels FOLDER]``.

For developers, when Keras publishes a release: after `kdoctor.keras_api.generate`, with the same folder. The archives are read as source
and never imported. Of every layer, model and operation of the catalogue it holds what ``call`` takes, see `kdoctor.keras_api.call_facts`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdoctor.keras_api.call_facts import CallFacts, call_facts
from kdoctor.keras_api.facts import gather
from kdoctor.keras_api.families import FAMILIES, Family, Release
from kdoctor.keras_api.hierarchy import Hierarchy, Key
from kdoctor.keras_api.keras_2_facts import gather_keras_2
from kdoctor.keras_api.relative import relative_path
from kdoctor.keras_api.sources import hierarchy_of
from kdoctor.keras_api.spans import Pool, parameter, spans

FILE = Path(__file__).with_name("call_signatures.json")
CALLED = ("layer", "model", "operation")


def release_calls(hierarchy: Hierarchy, package: str) -> dict[Key, CallFacts]:
    """The calls of one release's classes, by module (relative to the package, if there is one) and name."""
    facts = gather_keras_2(hierarchy, package) if package else gather(hierarchy)
    found: dict[Key, CallFacts] = {}
    for key, known in facts.objects.items():
        if known.kind in CALLED and not known.is_function:
            taken = call_facts(hierarchy, key, operation=known.kind == "operation")
            if taken is not None:
                found[(relative_path(key[0], package) if package else key[0], key[1])] = taken
    return found


def family_calls(releases: Mapping[str, Mapping[Key, CallFacts]]) -> dict[str, Any]:
    """The calls of a family's releases, oldest first.

    ``releases``: their names; ``signatures``: [how many may be given by position, parameter, …], a parameter as in the catalogue
    (`kdoctor.keras_api.spans.write_family`); ``classes``: module -> name -> [[first release, last release, position of a signature], …].
    """
    pool = Pool()
    classes: dict[str, dict[str, Any]] = {}
    for module, name in sorted({key for calls in releases.values() for key in calls}):
        states = [_position(pool, calls.get((module, name))) for calls in releases.values()]
        classes.setdefault(module, {})[name] = spans(states)
    return {"releases": [*releases], "signatures": pool.values, "classes": classes}


def _position(pool: Pool, facts: CallFacts | None) -> int | None:
    if facts is None:
        return None
    return pool.position([facts.positional, *(parameter(name, default) for name, default in facts.parameters.items())])


def _family(family: Family, archives: Path) -> dict[str, Any]:
    return family_calls({_label(release): release_calls(hierarchy_of(release, archives), release.package) for release in family.releases})


def _label(release: Release) -> str:
    return release.label if release.package else release.number


def _laid_out(value: Any, depth: int = 0) -> str:
    """JSON with a class a line, so that a new release reads as a small diff."""
    if isinstance(value, dict) and value and depth < 5:
        return "{\n" + ",\n".join(f"{json.dumps(name)}:{_laid_out(item, depth + 1)}" for name, item in value.items()) + "\n}"
    if isinstance(value, list) and depth == 3 and len(value) and isinstance(value[0], list):
        return "[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) + "\n]"
    return json.dumps(value, separators=(",", ":"))


def main() -> None:
    """Parse the command line and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, help="a folder that holds wheels and source archives, and gets those that it lacks")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as downloads:
        found = {family.name: _family(family, options.wheels or Path(downloads)) for family in FAMILIES}
    document = {"generated": datetime.date.today().isoformat(), "families": found}
    options.out.write_text(_laid_out(document) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
