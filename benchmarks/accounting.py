"""Whether every array of every architecture of ``keras.applications`` has its owner: names and shapes alone, nothing is converted.

    python benchmarks/accounting.py --made-by PYTHON [NAME …]

PYTHON is an interpreter with the Keras that saves the models, as ``.h5`` and as ``.keras``; kdoctor is that of this one. Weights are zeros,
nothing is fetched, and each file is deleted once it was looked at: the largest are of more than a gigabyte. A line for each file: how many
arrays it has, and how many of them a layer claims. Exit code 1 if any array is nobody's, or any variable has none.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from applications import ENVIRONMENT, NAMES, said

from kdoctor.archive import open_document
from kdoctor.weights.accounting import Owner, holdings
from kdoctor.weights.balance import missing

MAKE = """
import importlib, sys
import keras, tensorflow
here = "keras.src.initializers." + ("random_initializers" if keras.__version__.startswith("3") else "initializers")
for name in ("VarianceScaling", "RandomNormal", "RandomUniform", "TruncatedNormal"):  # random numbers cost more than all else
    getattr(importlib.import_module(here), name).__call__ = lambda self, shape, dtype=None, **more: tensorflow.zeros(shape, dtype or "float32")
model = getattr(keras.applications, sys.argv[2])(weights=None)
for ending in ("h5", "keras"):
    model.save(f"{sys.argv[1]}/{sys.argv[2]}.{ending}")
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether every array of every architecture of keras.applications has its owner.")
    parser.add_argument("--made-by", required=True, metavar="PYTHON")
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    names = asked.names or said(subprocess.run([asked.made_by, "-c", NAMES], capture_output=True, text=True, env=ENVIRONMENT)).split()
    good = True
    for name in names:
        with tempfile.TemporaryDirectory(prefix="kdoctor-accounting-") as folder:
            subprocess.run([asked.made_by, "-c", MAKE, folder, name], check=True, capture_output=True, env=ENVIRONMENT)
            for path in sorted(Path(folder).iterdir()):
                good = accounted(path) and good
    return 0 if good else 1


def accounted(path: Path) -> bool:
    """Whether each array of a file is claimed by one layer, where it stands, and each variable has its array; prints the account."""
    document = open_document(path)
    found = holdings(document)
    owners = Counter(holding.owner for holding in found)
    lost, moved = len(missing(document)), sum(holding.moved for holding in found)
    print(f"{path.name:28} {len(found):5} arrays, {owners[Owner.LAYER]:5} claimed, {moved} elsewhere, {lost} missing", flush=True)
    return owners[Owner.LAYER] == len(found) and not lost and not moved


if __name__ == "__main__":
    sys.exit(main())
