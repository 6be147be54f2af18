"""Scans many synthesised files here and on a Dask cluster of this machine, and compares the reports byte by byte.

    python benchmarks/many_files.py [--files 100000] [--jobs 2]

The files are real ones of sample_models/, sick and healthy, each with a config of its own, in folders of a thousand. POSIX only.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from comparisons import SAMPLES, kdoctor
from cost import ENVIRONMENT

TOGETHER = 1_000
READ_BYTES = 1 << 20


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kdoctor-many-") as name:
        room = Path(name)
        write = f"import sys, pathlib, many_files as many; many.synthesise(pathlib.Path(sys.argv[1]), {asked.files})"
        subprocess.run(
            [sys.executable, "-c", write, str(room / "models")], check=True, cwd=Path(__file__).parent
        )  # a child's peak of memory starts at its parent's
        scans = {
            "here": ("--jobs", str(asked.jobs), "--cache", str(room / "cache.db")),
            "here again, from the cache": ("--jobs", str(asked.jobs), "--cache", str(room / "cache.db")),
            "on a Dask cluster": ("--jobs", str(asked.jobs), "--cluster", "local"),
        }
        folders = sorted((room / "models").iterdir())
        scanned("a tenth of them here", folders[: len(folders) // 10] or folders, ("--jobs", str(asked.jobs)))  # for its memory
        digests = {title: scanned(title, [room / "models"], options) for title, options in scans.items()}
    same = len(set(digests.values())) == 1
    print("the reports are the same" if same else f"the reports differ: {digests}")
    return 0 if same else 1


def synthesise(folder: Path, count: int) -> None:
    """So many different archives: a sample, with its number in metadata.json."""
    samples = sorted(path for path in SAMPLES.glob("*/*.keras") if path.is_file() and zipfile.is_zipfile(path))
    members = [dict(_members(sample)) for sample in samples]
    for number, parts in enumerate(itertools.islice(itertools.cycle(members), count)):
        path = folder / f"{number // TOGETHER:03}" / f"{number:06}.keras"
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name, data in parts.items():
                archive.writestr(name, _numbered(data, number) if name == "metadata.json" else data)


def _members(sample: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(sample) as archive:
        for name in archive.namelist():
            try:
                yield name, archive.read(name)
            except (zipfile.BadZipFile, OSError, NotImplementedError):  # one that is damaged is left out
                continue


def _numbered(data: bytes, number: int) -> bytes:
    try:
        found = json.loads(data)
    except ValueError:
        return data
    return json.dumps({**found, "number": number}).encode() if isinstance(found, dict) else data


def scanned(title: str, folders: list[Path], options: tuple[str, ...]) -> str:
    """The digest of the report, which is not kept; what the scan cost is printed."""
    digest, size, start = hashlib.sha256(), 0, time.perf_counter()
    command = kdoctor("scan", *map(str, folders), "--format", "json", *options).argv
    scan = subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT)
    assert scan.stdout is not None
    while data := scan.stdout.read(READ_BYTES):
        digest.update(data)
        size += len(data)
    _, status, used = os.wait4(scan.pid, 0)
    scan.returncode = os.waitstatus_to_exitcode(status)
    memory = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(
        f"{title}: {time.perf_counter() - start:.1f} s, main process at most {memory:.0f} MiB, report {size / 1e6:.1f} MB, exit code {scan.returncode}",
        flush=True,
    )
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
