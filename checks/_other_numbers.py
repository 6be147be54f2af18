"""Arrays of another kind of numbers than the layer computes with: bytes that nobody reads as numbers, whole ones where fractions belong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Weight
from kdoctor.dtypes import INTEGERS
from kdoctor.edit import Edit
from kdoctor.keras_api.layouts import layout_of
from kdoctor.pointer import Pointer
from kdoctor.recipe import cast, take
from kdoctor.structure.dtypes import is_quantized
from kdoctor.target import Target
from kdoctor.weights.stored import fits

from ._claimed_arrays import Claimed, claimed_arrays

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

BRAIN = "bfloat16"
RAW = (
    "void16"  # as which h5py stores bfloat16: two bytes without a meaning. Keras 3 writes the name beside them in archives, and not in .h5
)
# Roles of numbers with fractions in every layer that is not quantized; counts, seeds and tables are others.
FRACTIONS = frozenset(
    {
        "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "embeddings", "recurrent_kernel", "depthwise_kernel",
        "pointwise_kernel", "alpha", "mean", "variance", "scale", "vector_u", "moving_stddev", "renorm_mean", "renorm_stddev",
        "reverse_embeddings", "concat_score_weight",
    }
)  # fmt: skip
WHOLE = INTEGERS | {"bool"}


def other_numbers(document: Document, target: Target) -> Iterator[Finding]:
    """Arrays that Keras cannot read as numbers, each; and one finding for all that it reads as other numbers than were trained."""
    dtypes = {weight.dtype for weight in document.weights.values()}
    if not dtypes & {BRAIN, RAW, *WHOLE, "complex64", "complex128"}:
        return
    found = [*claimed_arrays(document, layout_of(target))]
    for one in found:
        if one.weight.dtype == RAW or (one.weight.dtype == BRAIN and not document.format.native):
            yield _unread(document, one)
    suspect = [one for one in found if _is_plain(one) and (one.weight.dtype in WHOLE or one.weight.dtype.startswith("complex"))]
    if suspect:
        yield _taken_as_they_are(suspect)


def _is_plain(one: Claimed) -> bool:
    """Whether the layer computes with fractions: its policy, where it states one, is a kind of float and no quantized one; a quantized layer
    has fractions where it says what its whole numbers stand for, and a bias."""
    policy, role = one.policy, one.variable.role
    if not fits(one.variable.shape, one.weight.shape):
        return False  # another's array stands there, which is told
    if policy is None or ("float" in policy and not is_quantized(one.dtype)):
        return role in FRACTIONS
    return is_quantized(one.dtype) and (role == "bias" or role.endswith("_scale"))


def _unread(document: Document, one: Claimed) -> Finding:
    told = one.weight.dtype == BRAIN or one.policy == BRAIN
    wide = Weight.made(cast(_brain(one.weight), "float32"))
    edit = Edit(Pointer("weights", (one.path,)), old=one.weight, new=wide)
    return Finding(
        one.at,
        f"the {one.variable.role} of {one.layer!r} is stored as two bytes a number, which Keras does not read as numbers"
        + (": they are bfloat16" if told else ""),
        repair=Repair("store it as float32, which holds every bfloat16 as it is", (edit,)) if told else None,
        layer=one.layer,
        keras_says="ValueError: setting an array element with a sequence."
        if document.format.native
        else "ValueError: No cast function available.",
    )


def _brain(weight: Weight) -> Recipe:
    return take(weight.source, weight.shape, BRAIN) if weight.recipe is None else weight.recipe


def _taken_as_they_are(suspect: list[Claimed]) -> Finding:
    one = suspect[0]
    more = f" ({len(suspect) - 1} more arrays are like it)" if len(suspect) > 1 else ""
    imaginary = one.weight.dtype.startswith("complex")
    kind, says = ("complex", "leaves their imaginary half out") if imaginary else ("whole", "takes them as they are, without a scale")
    return Finding(
        one.at,
        f"the {one.variable.role} of {one.layer!r} holds {kind} numbers ({one.weight.dtype}), and the layer computes with "
        f"fractions: Keras {says}{more}",
        layer=one.layer,
        mild=True,
    )
