"""A file of weights alone beside a whole model: the weights with the model's architecture, so that their arrays have names."""

from __future__ import annotations

from kdoctor.convert.assembly import lent
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import ABSENT, Document, Format
from kdoctor.keras_api.catalogue import releases
from kdoctor.structure.objects import model_of
from kdoctor.target import Target


def newest() -> Target:
    """The release whose words an architecture is read in: what it says of variables is the same in all of Keras 3."""
    return Target(releases()[-1])


def with_one_architecture(one: Document, other: Document, target: Target) -> tuple[Document, Document, bool]:
    """Both, and whether one of them was lent the architecture of the other. Where that cannot be, both as they are."""
    if one.format is Format.H5_WEIGHTS and one.config is ABSENT:
        made = _lent(one, other, target)
        return (one, other, False) if made is None else (made, other, True)
    if other.format is Format.H5_WEIGHTS and other.config is ABSENT:
        made = _lent(other, one, target)
        return (one, other, False) if made is None else (one, made, True)
    return one, other, False


def _lent(weights: Document, whole: Document, target: Target) -> Document | None:
    if model_of(whole) is None or not isinstance(whole.config, dict):
        return None
    try:
        return lent(weights, whole.config, target)
    except NotConvertible:
        return None
