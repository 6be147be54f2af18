"""Compares kdoctor with what else could be done with the same files; prints ratios measured in one run.

    python benchmarks/run.py [--json] [--runs 7] [--large-megabytes 1000]

Needs TensorFlow (or another backend of Keras) for the comparison with load_model: pip install ".[verify]".
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comparisons import Round, rounds
from cost import CommandFailed, Cost, take_turns

MB = 10**6


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare kdoctor with what else could be done with the same files.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--runs", type=int, default=7, help="runs of each command (default: 7)")
    parser.add_argument("--large-megabytes", type=int, default=1000, help="weights of the large model (default: 1000)")
    asked = parser.parse_args()
    measured = []
    with tempfile.TemporaryDirectory(prefix="kdoctor-benchmarks-") as folder:
        try:
            for one in rounds(Path(folder), asked.large_megabytes):
                measured.append(found := _round(one, asked.runs))
                if not asked.json:
                    print("\n".join(_table(found)), flush=True)
        except CommandFailed as failure:
            print(f"run.py: {failure}", file=sys.stderr)
            return 2
    if asked.json:
        print(json.dumps({**_machine(), "runs": asked.runs, "rounds": measured}, indent=2))
    return 0


def _round(one: Round, runs: int) -> dict[str, Any]:
    costs = take_turns(one.commands, runs)
    return {
        "title": one.title,
        "commands": {name: _cost(cost, one.files) for name, cost in costs.items()},
        "ratios": [
            {
                "of": ratio.one,
                "to": ratio.other,
                "wall": round(costs[ratio.one].wall / costs[ratio.other].wall, 3),
                "cpu": round(costs[ratio.one].cpu / costs[ratio.other].cpu, 3),
                "most": ratio.most,
            }
            for ratio in one.ratios
        ],
    }


def _cost(cost: Cost, files: int) -> dict[str, float]:
    found = {"wall_seconds": round(cost.wall, 4), "cpu_seconds": round(cost.cpu, 4), "peak_mb": round(cost.memory / MB, 1)}
    return {**found, "files_per_second": round(files / cost.wall, 1)} if files else found


def _table(found: dict[str, Any]) -> Iterator[str]:
    yield f"\n{found['title']}"
    yield f"  {'':28} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}"
    for name, cost in found["commands"].items():
        rate = f" {cost['files_per_second']:8.1f} files/s" if "files_per_second" in cost else ""
        yield f"  {name:28} {cost['wall_seconds']:8.3f} {cost['cpu_seconds']:8.3f} {cost['peak_mb']:8.0f}{rate}"
    for ratio in found["ratios"]:
        most = ratio["most"]
        held = {kind: "kept" if most is None or ratio[kind] <= most else "MISSED" for kind in ("wall", "cpu")}
        verdict = "" if most is None else f"   at most {most:g}: {held['wall']} (by CPU time {held['cpu']})"
        yield f"  {ratio['of']} / {ratio['to']}: wall {ratio['wall']:.2f}, CPU {ratio['cpu']:.2f}{verdict}"


def _machine() -> dict[str, Any]:
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
    }


if __name__ == "__main__":
    sys.exit(main())
