"""The scanners that kdoctor is compared with, each in an environment of its own: ``python benchmarks/peers/peer_tools.py FOLDER`` installs them."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import functools
import json
import os
import resource
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
COMPILED = "PYTHONDONTWRITEBYTECODE"  # where it is set every start compiles its sources anew, and that would be measured
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != COMPILED},
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "NO_ANALYTICS": "1",
}


@dataclass(frozen=True)
class Tool:
    """``package`` is what pip installs, ``command`` what scans a folder into a JSON file, ``read`` the files that it has something against."""

    name: str
    package: str
    command: Callable[[str, Path, Path], list[str]]
    read: Callable[[Any], Iterable[str]]

    def program(self, folder: Path) -> str:
        """The tool's executable below the folder of environments."""
        return str(folder / self.name / "bin" / self.name)


def _modelscan(document: Any) -> Iterable[str]:
    return (issue["source"].partition(":")[0] for issue in document["issues"])


def _modelaudit(document: Any) -> Iterable[str]:
    """Warnings count: nothing less would see most of what it finds."""
    return (issue["location"].partition(" (")[0] for issue in document["issues"] if issue["severity"] in ("warning", "critical"))


def _kdoctor(document: Any) -> Iterable[str]:
    return (report["path"] for report in document["reports"] if any(_is_hostile(found) for found in report["findings"]))


def _is_hostile(found: Any) -> bool:
    """Hostile content, code, and archives that are not what they seem."""
    return found["severity"] == "error" and (found["code"].startswith(("K8", "K4")) or found["code"] in ("K101", "K103", "K105", "K107"))


PEERS = (
    Tool("modelscan", "modelscan[tensorflow]", lambda run, folder, out: [run, "-p", str(folder), "-r", "json", "-o", str(out)], _modelscan),
    Tool("modelaudit", "modelaudit", lambda run, folder, out: [run, "scan", "--quiet", "--no-cache", "--format", "json", "--output", str(out), str(folder)], _modelaudit),
)  # fmt: skip
OURS = Tool("kdoctor", "kdoctor", lambda run, folder, out: [run, "scan", "--format", "json", str(folder)], _kdoctor)


@dataclass(frozen=True)
class Run:
    """What one scan of a folder took, in CPU seconds and seconds, and the files that it named, by their paths below it; whether it came to
    its end, and which files it did not come to the end of."""

    cpu: float
    wall: float
    named: frozenset[str]
    ended: bool = True
    unfinished: frozenset[str] = frozenset()


def run(tool: Tool, program: str, folder: Path, out: Path, seconds: int | None = None) -> Run:
    """Scan the folder, in so many CPU seconds at most."""
    out.unlink(missing_ok=True)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        tool.command(program, folder, out),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        check=False,
        preexec_fn=None if seconds is None else functools.partial(resource.setrlimit, resource.RLIMIT_CPU, (seconds, seconds)),
    )
    wall = time.perf_counter() - start
    _wait_for_the_rest()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    try:
        document = json.loads(out.read_bytes() if out.exists() else done.stdout)
    except ValueError:
        return Run(cpu, wall, frozenset(), ended=False)
    relative = (os.path.relpath(name, folder) if os.path.isabs(name) else name for name in tool.read(document))
    named = {name.split(os.sep)[0] for name in relative}  # a folder is named by its files
    return Run(cpu, wall, frozenset(named))


def adopt_orphans() -> None:
    """On Linux: what the children of a tool leave running is waited for by this process, so that its CPU time is counted too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_the_rest() -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def version(tool: Tool, folder: Path) -> str:
    """The release that is installed."""
    python = str(folder / tool.name / "bin" / "python")
    asked = f"from importlib.metadata import version; print(version({tool.name!r}))"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


def install(folder: Path) -> None:
    """Both peers, each alone: their requirements do not fit together."""
    for tool in PEERS:
        # without links a Python within an environment would be copied onto itself
        venv.create(folder / tool.name, symlinks=os.name == "posix", clear=True, with_pip=True)
        subprocess.run([str(folder / tool.name / "bin" / "python"), "-m", "pip", "install", "--quiet", tool.package], check=True)
        print(tool.name, version(tool, folder))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    install(parser.parse_args().folder)
    sys.exit(0)
