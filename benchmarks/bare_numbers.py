"""The least that reading all numbers of an HDF5 file can cost: h5py, array by array.

python benchmarks/bare_numbers.py FILE.h5
"""

from __future__ import annotations

import sys

import h5py


def bare_numbers(path: str) -> int:
    """How many bytes of numbers were read."""
    done = 0

    def read(name: str, found: object) -> None:
        nonlocal done
        if isinstance(found, h5py.Dataset):
            done += found[...].nbytes

    with h5py.File(path, "r") as weights:
        weights.visititems(read)
    return done


if __name__ == "__main__":
    print(bare_numbers(sys.argv[1]))
