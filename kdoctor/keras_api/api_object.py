"""One class or function of a Keras release, as the catalogue knows it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kdoctor.document import Json
from kdoctor.errors import UnknownRelease

__all__ = ["OPAQUE", "REQUIRED", "ApiObject", "Json", "NoDefault", "OldArguments", "UnknownRelease"]


class NoDefault(enum.Enum):
    """Why a parameter's default is not given: the parameter is required, or its default is not a JSON value."""

    REQUIRED = "required"
    OPAQUE = "opaque"


REQUIRED: Final = NoDefault.REQUIRED
OPAQUE: Final = NoDefault.OPAQUE


@dataclass(frozen=True, slots=True)
class OldArguments:
    """How a constructor of Keras 2.0 to 2.3 takes the arguments of Keras 1.

    renamed: old name -> new name; values: old name -> old value -> new value, exchanged before the renaming; shim: the function of
    ``keras/legacy/interfaces.py`` that does what is more than that (``nb_row`` and ``nb_col`` to ``kernel_size``), or empty.
    """

    renamed: Mapping[str, str] = field(hash=False)
    values: Mapping[str, Mapping[str, Json]] = field(hash=False)
    shim: str = ""


@dataclass(frozen=True, slots=True)
class ApiObject:
    """What the source of a release says about a class or function.

    name, module: where it is really defined (``Dense`` in ``keras.src.layers.core.dense``); exports: its public paths, the one that
    Keras saves first, empty when it has none; parameters: what calling it takes by keyword, in order, through the whole class
    hierarchy, and what its constructor takes out of ``**kwargs``, with JSON defaults (a tuple is a list), `REQUIRED` or `OPAQUE`;
    takes_anything: any other keyword is swallowed; lineage: real paths of its bases in resolution order; overrides: which of
    ``from_config`` and ``get_config`` is not the one of the kind's root class; is_saveable: a KerasSaveable class; config_keys: what its
    ``get_config`` writes as far as the source tells, computed keys are not among them; keys_taken: what its
    ``from_config`` takes out of the config by name (so the constructor need not know it); old_arguments: see `OldArguments`.
    """

    name: str
    kind: str
    module: str
    exports: tuple[str, ...]
    parameters: Mapping[str, Json | NoDefault] = field(hash=False)
    takes_anything: bool
    is_function: bool
    is_saveable: bool
    lineage: tuple[str, ...]
    overrides: frozenset[str]
    config_keys: tuple[str, ...] = ()
    keys_taken: tuple[str, ...] = ()
    old_arguments: OldArguments | None = None

    @property
    def path(self) -> str:
        """The real path: ``keras.src.layers.core.dense.Dense``."""
        return f"{self.module}.{self.name}"
