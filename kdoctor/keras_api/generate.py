"""Writes the catalogue from Keras's wheels: ``python -m kdoctor.keras_api.generate kdoctor/keras_api/catalogue.json [--wheels FOLDER]``.

For developers, when Keras publishes a release: add it to `RELEASES` and run this again. The wheels are read as source and never
imported. Without ``--wheels`` they are downloaded with pip into a temporary folder.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from kdoctor.keras_api.facts import gather
from kdoctor.keras_api.hierarchy import Hierarchy
from kdoctor.keras_api.spans import write_family
from kdoctor.keras_api.wheel import read_wheel

# The first release, the last patch of every minor release since, and earlier patches that are still widely installed.
RELEASES = (
    "3.0.0", "3.0.5", "3.1.1", "3.2.1", "3.3.3", "3.4.1", "3.5.0", "3.6.0", "3.7.0", "3.8.0", "3.9.2", "3.10.0", "3.11.3",
    "3.12.0", "3.12.4", "3.13.2", "3.14.1", "3.15.1",
)  # fmt: skip


def main() -> None:
    """Parse the command line and write the catalogue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the catalogue to write")
    parser.add_argument("--wheels", type=Path, help="a folder that holds keras-X.Y.Z-py3-none-any.whl files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as downloads:
        folder = options.wheels or Path(downloads)
        releases = {release: gather(Hierarchy(read_wheel(_wheel(folder, release)))) for release in RELEASES}
    document = {"generated": datetime.date.today().isoformat(), "families": {"keras-3": write_family(releases)}}
    options.out.write_text(_laid_out(document), encoding="utf-8")


def _wheel(folder: Path, release: str) -> Path:
    wheel = folder / f"keras-{release}-py3-none-any.whl"
    if not wheel.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python", "--dest", str(folder), f"keras=={release}"]
        subprocess.run(command, check=True)
    return wheel


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
