"""Identifiers made of a file's names: letters, digits and underscores, no keyword, none twice in a scope."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from kdoctor.identifiers import is_identifier
from kdoctor.structure.naming import fresh

# What generated code itself uses, and Python's own names that nobody should shadow.
RESERVED = frozenset({"keras", "np", "ops", "kdoctor", "model", *dir(builtins), *keyword.kwlist, *keyword.softkwlist})
OF_THE_MODULE = ("build_", "compute_", "shared_")  # the functions of the generated module begin with these words, its variables never
OWN = frozenset({"keras", "np", "model", "build_model", "build_network"})  # what a class of the file would take away from the code
LONGEST = 60


def is_free(name: object) -> bool:
    """Whether a class or function of the file may be called so in the generated module."""
    return is_identifier(name) and name not in OWN and not hasattr(builtins, str(name))


def identifier(name: str, otherwise: str = "layer") -> str:
    """The nearest identifier, in lower case."""
    found = re.sub(r"[^0-9a-z]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")[:LONGEST]
    return f"{otherwise}_{found}".rstrip("_") if not found or found[0].isdecimal() else found


class Scope:
    """The names of one function, or of the module."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*RESERVED, *taken}

    def variable(self, name: str) -> str:
        """A free name for a tensor or a layer."""
        found = identifier(name)
        return self.take(f"{found}_layer" if found.startswith(OF_THE_MODULE) else found)

    def take(self, name: str) -> str:
        """The name itself, or with the first free number behind it."""
        found = fresh(name, self._taken)
        self._taken.add(found)
        return found
