"""The weights in a file beside the claims of its layers, paired as Keras 3 pairs them when it loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kdoctor.document import Document, Weight
from kdoctor.faults import FaultKind
from kdoctor.keras_api.layouts import CHECKPOINT, KERAS_3, LAYERS, Layout
from kdoctor.keras_api.variables.variable import Shape, Variable, Variables
from kdoctor.structure.layers import is_model
from kdoctor.structure.models import models
from kdoctor.structure.objects import MODELS, model_of
from kdoctor.weights.claims import Claim, claims

DAMAGE = (
    FaultKind.TRUNCATED, FaultKind.HDF5_UNREADABLE, FaultKind.HDF5_LINK, FaultKind.HDF5_EXTERNAL_STORAGE, FaultKind.HDF5_VIRTUAL,
    FaultKind.LIMIT, FaultKind.UNREADABLE_MEMBER, FaultKind.MISSING_SHARD,
)  # fmt: skip
# Keep a state of which the config tells nothing: a table that was built, a summary of what was adapted to.
STATEFUL = frozenset({"Discretization", "IntegerLookup", "StringLookup", "TextVectorization"})


@lru_cache(maxsize=4)
def accountable(document: Document) -> bool:
    """Whether the weights were read whole and belong to a model of Keras's own kinds, so that what is not seen is not there."""
    model = model_of(document)
    if model is None or not is_model(model) or model.class_name not in MODELS or "/" not in document.attributes:
        return False
    if any(one.cut for one in models(document)):
        return False  # K203: which layers own weights depends on the release
    return not document.faults_of(*(kind.value for kind in DAMAGE))


class Account(NamedTuple):
    """One group of arrays in a ``.keras`` archive: what a layer, or a part of one, expects there and what is stored.

    group: the path that Keras opens, without the last ``vars``; stored: key (``0``, ``1``, …) -> path and array.
    """

    claim: Claim
    group: str
    expected: Variables
    stored: Mapping[str, tuple[str, Weight]]

    @property
    def part(self) -> str:
        """The part of the layer that owns the group: ``cell``; empty for the layer itself."""
        return self.expected[0].path.rpartition("vars/")[0].strip("/")

    @property
    def missing(self) -> Variables:
        return tuple([variable for variable in self.expected if _key(variable) not in self.stored])

    @property
    def mismatched(self) -> tuple[tuple[Variable, str, Weight], ...]:
        """Variables whose array has another shape, with its path."""
        pairs = [(variable, self.stored.get(_key(variable))) for variable in self.expected]
        return tuple([(variable, *found) for variable, found in pairs if found is not None and not fits(variable.shape, found[1].shape)])

    @property
    def by_role(self) -> tuple[tuple[str, Weight], ...]:
        """The arrays that stand where a variable is looked for, with its role."""
        pairs = [(variable.role, self.stored.get(_key(variable))) for variable in self.expected]
        return tuple([(role, found[1]) for role, found in pairs if found is not None])

    @property
    def balanced(self) -> bool:
        return len(self.stored) == len(self.expected) and not self.missing and not self.mismatched


def _key(variable: Variable) -> str:
    return variable.path.rpartition("/")[2]


def fits(claimed: Shape | None, shape: Sequence[int]) -> bool:
    """Whether an array of this shape may be the variable, as far as its shape is told; what is not told is at least one."""
    return (
        claimed is None
        or claimed == shape
        or (len(claimed) == len(shape) and all(a == b or (a is None and b > 0) for a, b in zip(claimed, shape, strict=True)))
    )


def is_told(shape: Shape | None) -> bool:
    """Whether a shape is known in every length."""
    return shape is not None and None not in shape


@lru_cache(maxsize=4)
def accounts(document: Document, layout: Layout = KERAS_3) -> tuple[Account, ...]:
    """An account for every group that the loader opens for a layer whose claim is known (saving_lib._load_state, H5IOStore.get).

    An ``.h5`` has none: its loader goes by order (`stored_h5`).
    """
    if not document.format.native:
        return ()
    held: dict[str, dict[str, tuple[str, Weight]]] = {}
    for path, weight in document.weights.items():
        group, found, key = path.rpartition("/vars/")
        if found:
            held.setdefault(group, {})[key] = (path, weight)
    rows = []
    for claim in claims(document, layout.joins):
        parts: dict[str, list[Variable]] = {}
        for variable in claim.variables or ():
            parts.setdefault(variable.path.rpartition("vars/")[0].strip("/"), []).append(variable)
        for part, expected in parts.items():
            group = group_of(claim, part, layout)
            opened = group if group in held else next((found for found in layout.opened(group) if found in held), group)
            rows.append(Account(claim, opened, tuple(expected), held.get(opened, {})))
    return tuple(rows)


def group_of(claim: Claim, part: str, layout: Layout) -> str:
    """The group where a layout puts the arrays of a layer, or of a part of one, in the first of its folders."""
    return f"{layout.place(claim.place)}/{layout.part(claim.node.class_name, part)}".rstrip("/")


class Place(NamedTuple):
    """Where an archive keeps what a layer owns. ``told``: the config says all that this is."""

    name: str
    told: bool


@lru_cache(maxsize=4)
def places(document: Document, layout: Layout = KERAS_3) -> Mapping[str, Place]:
    """The place of every layer that is no model itself."""
    return {
        layout.place(claim.place): Place(claim.name, claim.variables is not None and claim.node.class_name not in STATEFUL)
        for claim in claims(document, layout.joins)
    }


def around(group: str, named: Mapping[str, Place]) -> Place | None:
    """The innermost layer whose place a group lies in, whatever folder the release wrote."""
    for path in (group, *((group.replace(CHECKPOINT, LAYERS),) if CHECKPOINT in group else ())):
        while path and path not in named:
            path = path.rpartition("/")[0]
        if path:
            return named[path]
    return None


@lru_cache(maxsize=4)
def opened(document: Document, layout: Layout = KERAS_3) -> frozenset[str]:
    """The groups that the loader opens: of every model, of every layer, and of every part on the way to one that owns arrays."""
    layers = {layout.place(claim.place) for claim in claims(document, layout.joins)}
    folders = {place.rpartition("/")[0] for place in layers}
    containers = {folder.rpartition(layout.folders[0])[0].rstrip("/") for folder in folders}
    parts = {account.group for account in accounts(document, layout)}
    for account in accounts(document, layout):
        if account.part:
            steps = account.group.split("/")
            first = len(account.group.removesuffix(account.part).rstrip("/").split("/"))
            parts |= {"/".join(steps[:end]) for end in range(first, len(steps))}
    return frozenset({"", *layers, *containers, *parts})


def written(shape: Shape | None) -> str:
    """A shape for a message."""
    return "of unknown shape" if shape is None else "(" + ", ".join("?" if n is None else str(n) for n in shape) + ")"
