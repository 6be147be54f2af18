"""HDF5 structures that lead out of the file, back into it, or nowhere: each is a change to an open file and the group to make it in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import h5py

Change = Callable[[Any, str], None]


@dataclass(frozen=True)
class Structure:
    """``make`` puts something under the name ``evil`` into a group of an open file."""

    name: str
    cve: str
    make: Change
    codes: tuple[str, ...]


def external_link(file: Any, group: str) -> None:
    file[f"{group}/evil"] = h5py.ExternalLink("/etc/other.h5", "/kernel")


def soft_link(file: Any, group: str) -> None:
    file[f"{group}/evil"] = h5py.SoftLink("/somewhere/else")


def soft_circle(file: Any, group: str) -> None:
    file[f"{group}/evil"] = h5py.SoftLink(f"/{group}/evil")


def hard_circle(file: Any, group: str) -> None:
    file[f"{group}/evil"] = file[group]


def root_circle(file: Any, group: str) -> None:
    file[f"{group}/evil"] = file["/"]


def external_storage(file: Any, group: str) -> None:
    file.create_dataset(f"{group}/evil", (100,), "uint8", external=[("/etc/passwd", 0, 100)])


def virtual(file: Any, group: str) -> None:
    layout = h5py.VirtualLayout((3,), "float32")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "kernel", (3,))
    file.create_virtual_dataset(f"{group}/evil", layout)


def huge(file: Any, group: str) -> None:
    file.create_dataset(f"{group}/evil", (3 * 2**28,), "float32")


def huge_packed(file: Any, group: str) -> None:
    file.create_dataset(f"{group}/evil", (3 * 2**28,), "float32", chunks=(2**20,), compression="gzip")


def many_links(file: Any, group: str) -> None:
    """So many links that the group keeps them in another form; one leads out."""
    made = file.create_group(f"{group}/many", track_order=True)
    for number in range(20):
        made[f"n{number}"] = h5py.SoftLink("/x") if number == 17 else h5py.Empty("f")


STRUCTURES = (
    Structure("external link", "CVE-2026-9335", external_link, ("K804",)),
    Structure("soft link", "CVE-2026-9335", soft_link, ("K804",)),
    Structure("soft link to itself", "CVE-2026-9335", soft_circle, ("K804",)),
    Structure("group in itself", "no CVE", hard_circle, ("K804",)),
    Structure("root in a group", "no CVE", root_circle, ("K804",)),
    Structure("external storage", "CVE-2026-1669", external_storage, ("K804",)),
    Structure("virtual dataset", "CVE-2026-12480", virtual, ("K804",)),
    Structure("3 GiB never written", "CVE-2026-12570", huge, ("K807",)),
    Structure("3 GiB compressed", "CVE-2026-0897", huge_packed, ("K807",)),
    Structure("among many links", "CVE-2026-9335", many_links, ("K804",)),
)
