"""Writes the catalogue from Keras's archives: ``python -m kdoctor.keras_api.generate [--wheels FOLDER] [--family keras-3]``.

For developers, when Keras publishes a release: add it to `kdoctor.keras_api.families` and run this again. The archives are read as
source and never imported. Without ``--wheels`` they are downloaded with pip into a temporary folder.
"""

from __future__ import annotations

import argparse
import datetime
import json
import tempfile
from pathlib import Path
from typing import Any

from kdoctor.keras_api.facts import ReleaseFacts, gather
from kdoctor.keras_api.families import FAMILIES, Family, Release
from kdoctor.keras_api.keras_2_facts import gather_keras_2
from kdoctor.keras_api.relative import relative
from kdoctor.keras_api.sources import hierarchy_of
from kdoctor.keras_api.spans import write_family


def main() -> None:
    """Parse the command line and write the catalogue's parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="the folder to write to")
    parser.add_argument("--wheels", type=Path, help="a folder that holds wheels and source archives, and gets those that it lacks")
    parser.add_argument("--family", choices=[family.name for family in FAMILIES], help="write one part only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as downloads:
        for family in FAMILIES:
            if options.family in (None, family.name):
                _write(family, options.wheels or Path(downloads), options.out)


def _write(family: Family, archives: Path, out: Path) -> None:
    facts = {release.label: _facts(release, archives) for release in family.releases}
    releases = facts if family.releases[0].package else {label.rpartition("==")[2]: found for label, found in facts.items()}
    document = {"generated": datetime.date.today().isoformat(), "families": {family.name: write_family(releases)}}
    (out / family.file).write_text(_laid_out(document), encoding="utf-8")


def _facts(release: Release, archives: Path) -> ReleaseFacts:
    hierarchy = hierarchy_of(release, archives)
    return relative(gather_keras_2(hierarchy, release.package), release.package) if release.package else gather(hierarchy)


def _laid_out(value: Any, depth: int = 0) -> str:
    """JSON with one entry a line down to each module's names, so that a new release reads as a small diff."""
    if not isinstance(value, dict | list) or not value or depth >= 5 or (isinstance(value, list) and depth < 3):
        return json.dumps(value, separators=(",", ":"))
    if isinstance(value, dict):
        inner = ",\n".join(f"{json.dumps(name)}:{_laid_out(item, depth + 1)}" for name, item in value.items())
        return "{\n" + inner + "\n}"
    return "[\n" + ",\n".join(_laid_out(item, 5) for item in value) + "\n]"


if __name__ == "__main__":
    main()
