"""The bounds of untrusted input, in one value."""

from __future__ import annotations

from typing import NamedTuple

MIB = 2**20


class Limits(NamedTuple):
    """How much of a file kdoctor is willing to look at. Sizes in bytes; over a limit is a finding, never a crash.

    json_bytes: one JSON part; json_depth: nesting of lists and objects; json_values: values in one JSON part;
    members: entries of a zip directory; ratio: declared size of a member against its stored size;
    total_ratio: declared size of all members together, above ``memory_bytes``, against that of the archive;
    spool_bytes: what may be inflated from one compressed member (to a temporary file, above ``memory_bytes``);
    datasets: arrays in one HDF5 file; hdf5_depth: nesting of its groups; attribute_bytes: one HDF5 attribute;
    declared_bytes, declared_ratio: what the arrays of an HDF5 file may declare together, whatever the file holds, and against its size;
    checksum_bytes: members up to this size have their CRC checked; digest_bytes: files up to this size get a sha256.
    """

    json_bytes: int = 16 * MIB
    json_depth: int = 256
    json_values: int = 1_000_000
    members: int = 10_000
    ratio: int = 1_000
    total_ratio: int = 200
    spool_bytes: int = 4096 * MIB
    memory_bytes: int = 32 * MIB
    datasets: int = 100_000
    hdf5_depth: int = 64
    attribute_bytes: int = 16 * MIB
    declared_bytes: int = 64 * MIB
    declared_ratio: int = 100
    checksum_bytes: int = 8 * MIB
    digest_bytes: int = 8 * MIB
