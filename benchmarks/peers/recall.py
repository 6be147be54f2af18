"""Who finds what: ``python benchmarks/peers/recall.py ENVIRONMENTS [--more FOLDER] [--timing 500]`` prints the tables of docs/security.md.

ENVIRONMENTS is what peer_tools.py made. Every trigger of the CVE table stands in every place of a config in a ``.keras``, an ``.h5`` and the
folder of a SavedModel, every HDF5 structure in the first two, and the hostile corpus as it is; --more is a folder of further files that must be named. Each tool scans each
folder once, and each file of the corpus alone, since some of them no tool but ours comes to the end of: after so many CPU seconds it is
stopped. A file counts as found when the tool says anything against it at all.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from peer_tools import OURS, PEERS, Run, Tool, adopt_orphans, run, version

ROOT = Path(__file__).parent.parent.parent
HEALTHY = ROOT / "sample_models" / "healthy"
CPU_SECONDS = 120
Expected = dict[str, tuple[str, str]]  # file -> (row, column) of the table


def hostile_files(folder: Path) -> Expected:
    """Every trigger in every place, every structure, and the corpus, written into the folder."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "archive")]
    from hostile.containers import CONTAINERS  # type: ignore[import-not-found, unused-ignore]
    from hostile.corpus import CORPUS, hdf5, legacy  # type: ignore[import-not-found, unused-ignore]
    from hostile.disguises import ARCHIVES  # type: ignore[import-not-found, unused-ignore]
    from hostile.places import PLACES  # type: ignore[import-not-found, unused-ignore]
    from hostile.triggers import TRIGGERS  # type: ignore[import-not-found, unused-ignore]
    from hostile.weights import STRUCTURES  # type: ignore[import-not-found, unused-ignore]
    from model_files import keras_members, zip_bytes  # type: ignore[import-not-found, unused-ignore]

    expected = Expected()
    for trigger, place, container in itertools.product(TRIGGERS, PLACES, (".keras", ".h5", "SavedModel")):
        name = f"{trigger.name}_in_{place.replace(' ', '_')}{container if container.startswith('.') else ''}"
        with tempfile.TemporaryDirectory() as aside:
            shutil.move(CONTAINERS[container](Path(aside), *PLACES[place](trigger.value)), folder / name)
        expected[name] = (trigger.cve, f"config, {container}")
    for structure in STRUCTURES:

        def change(file: object, make: Any = structure.make) -> None:
            make(file, "layers/dense/vars")

        for ending, data in ((".keras", zip_bytes({**keras_members(), "model.weights.h5": hdf5(change)})), (".h5", legacy(change))):
            name = f"structure_{structure.name.replace(' ', '_')}{ending}"
            (folder / name).write_bytes(data)
            expected[name] = (structure.cve, f"weights, {ending}")
    for disguise, data in ARCHIVES.items():
        name = f"archive_{disguise.replace(' ', '_').replace(',', '')}.keras"
        (folder / name).write_bytes(data)
        expected[name] = ("CVE-2025-1550", "whole file, read by zipfile alone")
    for name, (make, _) in CORPUS.items():
        (folder.parent / "corpus" / name).write_bytes(make())
        expected[name] = ("bombs, circles, pickles", "whole file")
    return expected


def write(folder: Path, more: Path | None) -> Expected:
    """The files, below ``attacks``, ``corpus`` and ``controls``."""
    attacks, controls = folder / "attacks", folder / "controls"
    for room in (attacks, folder / "corpus", controls):
        room.mkdir()
    expected = hostile_files(attacks)
    for path in sorted(more.glob("*/model.*")) if more else ():
        name = f"case_{path.parent.name}{path.suffix}"
        shutil.copyfile(path, attacks / name)
        expected[name] = ("security cases of the project's scoreboard", "whole file")
    for path in HEALTHY.iterdir():
        if path.is_file() and not path.name.startswith(("lambda", "hub_layer")):  # code is what it is
            shutil.copyfile(path, controls / path.name)
    return expected


def both(tool: Tool, program: str, folder: Path) -> Run:
    """The triggers at once, the corpus one by one."""
    parts = [run(tool, program, folder / "attacks", folder / "out.json")]
    for path in sorted((folder / "corpus").iterdir()):
        alone = folder / "alone"
        alone.mkdir()
        shutil.copyfile(path, alone / path.name)
        one = run(tool, program, alone, folder / "out.json", CPU_SECONDS)
        parts.append(one if one.ended else replace(one, unfinished=frozenset({path.name})))
        shutil.rmtree(alone)
    union: Any = frozenset[str]().union
    return Run(
        sum(one.cpu for one in parts),
        sum(one.wall for one in parts),
        union(*(one.named for one in parts)),
        unfinished=union(*(one.unfinished for one in parts)),
    )


def table(expected: Expected, runs: dict[str, Run]) -> str:
    """Rows by CVE, columns by tool: found of how many."""
    rows: dict[str, set[str]] = defaultdict(set)
    for name, (cve, column) in expected.items():
        rows[f"{cve} | {column}"].add(name)
    lines = [f"| CVE | where | files | {' | '.join(runs)} |", "|---|---|---|" + "---|" * len(runs)]
    for row in sorted(rows):
        found = [len(rows[row] & one.named) for one in runs.values()]
        lines.append(f"| {row} | {len(rows[row])} | {' | '.join(map(str, found))} |")
    lines.append(f"| **all** | | {len(expected)} | {' | '.join(f'**{len(one.named & expected.keys())}**' for one in runs.values())} |")
    return "\n".join(lines)


def timing(count: int, folder: Path, tools: list[tuple[Tool, str]]) -> str:
    """CPU seconds and seconds for so many small archives, and those of a loop that reads zip, JSON and HDF5 headers and judges nothing."""
    small, first = folder / "small", folder / "first"
    small.mkdir()
    first.mkdir()
    shutil.copyfile(HEALTHY / "not_a_model.keras", first / "one.keras")
    for number in range(count):
        shutil.copyfile(HEALTHY / "not_a_model.keras", small / f"{number:05}.keras")
    lines = ["| tool | CPU s | s |", "|---|---|---|"]
    for tool, program in tools:
        run(tool, program, first, folder / "out.json")  # compiles sources, and warms the disk cache
        one = run(tool, program, small, folder / "out.json")
        lines.append(f"| {tool.name} | {one.cpu:.1f} | {one.wall:.1f} |")
    return "\n".join(lines)


def main() -> None:
    """Parse the command line, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environments", type=Path)
    parser.add_argument("--more", type=Path)
    parser.add_argument("--timing", type=int, default=0)
    parser.add_argument("--kdoctor", default=str(Path(sys.executable).with_name("kdoctor")))
    options = parser.parse_args()
    adopt_orphans()
    tools = [(OURS, options.kdoctor), *((tool, tool.program(options.environments)) for tool in PEERS)]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT).stdout.strip()
    versions = [f"kdoctor {commit}", *(f"{tool.name} {version(tool, options.environments)}" for tool in PEERS)]
    print(f"{datetime.date.today().isoformat()}: {', '.join(versions)}\n")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        expected = write(folder, options.more)
        runs = {tool.name: both(tool, program, folder) for tool, program in tools}
        print(table(expected, runs))
        for name, one in runs.items():
            print(f"{name}: {one.cpu:.0f} CPU s{''.join(f'; {file} stopped after {CPU_SECONDS} CPU s' for file in sorted(one.unfinished))}")
        false = {tool.name: run(tool, program, folder / "controls", folder / "out.json").named for tool, program in tools}
        print(f"\nHealthy controls ({len(list((folder / 'controls').iterdir()))} files) that are named:")
        print("\n".join(f"- {name}: {len(found)}" for name, found in false.items()))
        for name in sorted(expected.keys() - runs["kdoctor"].named):
            print(f"missed by kdoctor: {name}")
        if options.timing:
            print("\n" + timing(options.timing, folder, tools))


if __name__ == "__main__":
    main()
