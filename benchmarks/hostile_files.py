"""What each hostile file costs: ``python benchmarks/hostile_files.py [--kdoctor PATH] [--slowest N] [--rounds N]``.

Every file of the hostile corpus (bombs, circles, cut files: tests/hostile/corpus.py) and every HDF5 structure of the CVEs is inspected by
a process of its own, for JSON and for the page that people read. Printed are the CPU seconds and the peak of memory of the costlier one, its
start included: the median of the rounds, and the worst beside it. A neighbour on the same core makes CPU time grow, too, for some seconds: so each
round looks at all files, and the looks at one file are minutes apart. The exit code is 1 where a median is more than 1 s or 150 MB.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
SECONDS, MEGABYTES = 1.0, 150.0
FORMATS = ("json", "text")


class Cost(NamedTuple):
    """CPU seconds (of several runs the median, and the worst) and peak resident memory (MB) of one process, and its exit code."""

    seconds: float
    worst: float
    megabytes: float
    code: int
    name: str
    format: str


def cost(kdoctor: str, path: Path, format: str) -> Cost:
    """Inspect one file."""
    process = subprocess.Popen([kdoctor, "inspect", "--format", format, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = used.ru_utime + used.ru_stime
    return Cost(seconds, seconds, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), path.name, format)


def usual(costs: list[Cost]) -> Cost:
    """The median of several looks at one file, with the worst of them."""
    costs = sorted(costs)
    return costs[len(costs) // 2]._replace(worst=costs[-1].seconds, megabytes=max(one.megabytes for one in costs))


def measured(kdoctor: str, paths: list[Path], rounds: int) -> list[Cost]:
    """For each file the costlier format, by the medians of all rounds."""
    looks: dict[tuple[Path, str], list[Cost]] = {(path, format): [] for path in paths for format in FORMATS}
    for _ in range(rounds):
        for (path, format), costs in looks.items():
            costs.append(cost(kdoctor, path, format))
    return [max(usual(looks[path, format]) for format in FORMATS) for path in paths]


def write(folder: Path) -> None:
    """The corpus, and the structures of the HDF5 CVEs."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "archive")]
    from hostile import corpus  # type: ignore[import-not-found, unused-ignore]
    from hostile.weights import STRUCTURES  # type: ignore[import-not-found, unused-ignore]

    corpus.write(folder)
    for structure in STRUCTURES:
        data = corpus.legacy(lambda file, make=structure.make: make(file, "layers/dense/vars"))
        (folder / f"{structure.name.replace(' ', '_')}.h5").write_bytes(data)


def main() -> int:
    """Parse the command line, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kdoctor", default=str(Path(sys.executable).with_name("kdoctor")))
    parser.add_argument("--slowest", type=int, default=12, help="how many rows to print")
    parser.add_argument("--rounds", type=int, default=3, help="how often each file is looked at in each format")
    parser.add_argument("--write", type=Path, help="only write the files into this folder")
    options = parser.parse_args()
    if options.write is not None:
        write(options.write)
        return 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run([sys.executable, __file__, "--write", place], check=True)  # a child's peak starts at its parent's
        healthy = ROOT / "sample_models" / "healthy" / "not_a_model.keras"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each start would compile its sources anew
        cost(options.kdoctor, healthy, "json")
        start, *found = measured(options.kdoctor, [healthy, *sorted(folder.iterdir())], options.rounds)
    costs = sorted(found, reverse=True)
    print(f"{len(costs)} files; a healthy one: {start.seconds:.2f} CPU s (worst {start.worst:.2f}), {start.megabytes:.0f} MB\n")
    print("| file | CPU s | worst | MB | exit | format |\n|---|---|---|---|---|---|")
    for one in costs[: options.slowest]:
        print(f"| {one.name} | {one.seconds:.2f} | {one.worst:.2f} | {one.megabytes:.0f} | {one.code} | {one.format} |")
    over = [one for one in costs if one.seconds > SECONDS or one.megabytes > MEGABYTES]
    unnamed = [one for one in costs if one.code != 1]
    for one in over:
        print(f"over the bound: {one.name}: {one.seconds:.2f} CPU s, {one.megabytes:.0f} MB")
    for one in unnamed:
        print(f"not named: {one.name}: exit code {one.code}")
    return 1 if over or unnamed else 0


if __name__ == "__main__":
    sys.exit(main())
