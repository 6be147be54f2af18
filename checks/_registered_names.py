"""A class of Keras's own under a registered name that is not its own, which Keras 3.15 refuses wherever it stands."""

from __future__ import annotations

from kdoctor.check import Finding, Repair
from kdoctor.document import Json
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.target import Target


def registered(at: Pointer, what: str, path: str, named: Json, target: Target) -> Finding:
    """``what`` is the object in words, ``path`` its module and class as the file has them (serialization_lib._assert_no_registered_name_for_builtin)."""
    return Finding(
        at / "registered_name",
        f"{what} is a class of Keras, and carries the registered name {named!r}, which {target} refuses",
        repair=Repair("take the registered name away", (Edit(at / "registered_name", old=named, new=None),)),
        keras_says=f"ValueError: `registered_name={named!r}` was provided in the config, but '{path}' "
        "resolved to a Keras built-in and does not use registered names.",
    )
