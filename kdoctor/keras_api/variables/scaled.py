"""Which scale makes numbers of the whole numbers that a quantized layer keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.keras_api.variables.variable import Variable, Variables

INDICES: Final = "g_idx"  # the group of each row: whole numbers in floats, with which Keras looks scales up


def scales_of(variables: Variables) -> Mapping[str, Variables]:
    """Path -> the scales that a variable is multiplied by, for each one that Keras 3.15.1 keeps as whole numbers (int8, int4: layers/core,
    ``variable_serialization_spec``), and for the groups of the rows. Nothing for float8, whose kernel is one of floats.

    variables: of one layer, or of several whose paths tell them apart.
    """
    scopes: dict[str, dict[str, Variable]] = {}
    for variable in variables:
        scopes.setdefault(variable.path.rpartition("vars/")[0], {})[variable.role] = variable
    found: dict[str, Variables] = {}
    for roles in scopes.values():
        matrices = [role for role in roles if f"{role}_scale" in roles and f"{role}_amax_history" not in roles]
        for role in matrices:
            whole = (roles[name] for name in (role, f"{role}_zero") if name in roles)
            found |= {variable.path: (roles[f"{role}_scale"],) for variable in whole}
        if INDICES in roles and matrices:
            found[roles[INDICES].path] = tuple(roles[f"{role}_scale"] for role in matrices)
    return found
