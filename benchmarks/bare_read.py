"""The least that reading a small ``.keras`` can cost with the usual libraries: its JSON, and the shapes of its weights.

    python benchmarks/bare_read.py FILE.keras…

Nothing is judged, nothing is bounded, and every byte is trusted: what kdoctor's time is compared with.
"""

from __future__ import annotations

import json
import sys
import zipfile

import h5py


def bare_read(path: str) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights by HDF5 path, after parsing metadata.json and config.json."""
    shapes: dict[str, tuple[int, ...]] = {}

    def keep(name: str, found: object) -> None:
        if isinstance(found, h5py.Dataset):
            shapes[name] = found.shape

    with zipfile.ZipFile(path) as archive:
        json.loads(archive.read("metadata.json"))
        json.loads(archive.read("config.json"))
        with archive.open("model.weights.h5") as member, h5py.File(member, "r") as weights:
            weights.visititems(keep)
    return shapes


if __name__ == "__main__":
    for path in sys.argv[1:]:
        for name, shape in bare_read(path).items():
            print(name, shape)
