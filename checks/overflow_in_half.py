from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document, Json
from kdoctor.keras_api.layouts import layout_of
from kdoctor.numbers import HALF_MAX
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layers
from kdoctor.target import Target
from kdoctor.weights.accounting import Owner, holdings

HALF = ("mixed_float16", "float16")


@check("K709", Severity.WARNING, since="0.1.0")
def overflow_in_half(document: Document, target: Target) -> Iterator[Finding]:
    """A layer computes in float16, and some of its weights are beyond what float16 holds.

    Under the policy ``mixed_float16`` weights are kept as float32 and turned into float16 for each call: what is greater than 65504
    becomes infinite, and the predictions infinite or NaN. Usually it is a moving variance, or a layer that was given the policy after
    it was trained.

    Keras says nothing. There is no cure that keeps the numbers: give the layer the policy ``float32`` or ``mixed_bfloat16``. Seen with
    ``--deep`` only.
    """
    if not any(numbers.beyond_half for numbers in document.numbers.values()):
        return
    halves = {layer.name for layer in layers(document) if _policy(layer.node.config.get("dtype")) in HALF}
    for holding in holdings(document, layout_of(target)):
        numbers = document.numbers.get(holding.path)
        if numbers is not None and numbers.beyond_half and holding.owner is Owner.LAYER and holding.layer in halves:
            yield Finding(
                Pointer("weights", (holding.path,)),
                f"{numbers.beyond_half:,} of {numbers.count:,} numbers of the {holding.role} of {holding.layer!r} are beyond {HALF_MAX:g}, "
                "the greatest of float16, in which the layer computes",
                layer=holding.layer,
            )


def _policy(dtype: Json) -> Json:
    config = dtype.get("config") if isinstance(dtype, dict) else None
    return config.get("name") if isinstance(config, dict) else dtype
