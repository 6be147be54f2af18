"""Files that reach out of the archive, or declare more than any memory holds (K806, K807)."""

from __future__ import annotations

from typing import Any

from damage_documents import edit
from damage_weights import in_archive
from damage_zip import members, zip_again

SOURCE = "not_a_model.keras"


def make() -> None:
    zip_again("path_traversal.keras", {**members(SOURCE), "../../.bashrc": b"echo read by whoever unpacks it\n"})
    edit(SOURCE, "path_traversal__layer_name.keras", climbing)
    in_archive(SOURCE, "shape_bomb.keras", never_written)
    edit(SOURCE, "shape_bomb__units.keras", many_units)


def climbing(document: dict[str, Any]) -> None:
    document["config"]["layers"][-1]["config"]["name"] = "../../dense"


def never_written(weights: Any) -> None:
    """A bias of 8 TB, of which not one byte is stored."""
    del weights["layers/dense/vars/1"]
    weights.create_dataset("layers/dense/vars/1", (2 * 10**12,), "float32", chunks=(2**20,))


def many_units(document: dict[str, Any]) -> None:
    document["config"]["layers"][-1]["config"]["units"] = 10**12
