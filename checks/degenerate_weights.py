from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.layouts import layout_of
from kdoctor.numbers import Numbers
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.weights.accounting import Holding, Owner, holdings

from ._constant_starts import ConstantStarts

ROUNDED = -1e-6  # below it no rounding leads
FEW = 0.01  # of the numbers that are not zero: so many denormals are left by any training


@check("K708", Severity.WARNING, mild=Severity.INFO, since="0.1.0")
def degenerate_weights(document: Document, target: Target) -> Iterator[Finding]:
    """Weights are numbers, but hardly those of a trained model: a kernel of zeros, all of one number, a variance below zero, or denormals.

    A layer whose kernel is zero passes nothing on: it died, was pruned, or its weights were lost and filled up by a program. A kernel all
    of one number was never trained. Where the layer itself begins it at this number (``kernel_initializer="zeros"``), it was meant so, and nothing
    is said. Denormal numbers (below 1.2e-38 in float32) come from weight decay that went on for too long; they
    count as nothing, and make a processor slow.

    A variance below zero is none: arrays stand in each other's place (those of a BatchNormalization have one shape), or a program made them up. Where
    it outweighs epsilon, the layer divides by the root of a negative number, and the model predicts NaN.

    Keras says nothing, and the model loads and computes what was saved: there is nothing to cure. Seen with ``--deep`` only.
    """
    if not document.numbers:
        return
    starts = ConstantStarts(document)
    for holding in holdings(document, layout_of(target)):
        numbers = document.numbers.get(holding.path)
        if numbers is None or holding.owner is not Owner.LAYER or _meant(holding, numbers, starts):
            continue
        told = _told(holding, numbers)
        if told is not None:
            yield Finding(Pointer("weights", (holding.path,)), told, layer=holding.layer, mild="zero" not in told)


def _meant(holding: Holding, numbers: Numbers, starts: ConstantStarts) -> bool:
    return numbers.constant and numbers.least is not None and starts.says(holding.place, holding.role, numbers.least)


def _told(holding: Holding, numbers: Numbers) -> str | None:
    what = f"the {holding.role} of {holding.layer!r}"
    if holding.role.endswith(("kernel", "embeddings")) and numbers.constant:
        return f"all {numbers.count:,} numbers of {what} are " + ("zero" if numbers.least == 0 else f"{numbers.least:g}")
    if holding.role.endswith("variance") and numbers.least is not None and numbers.least < ROUNDED:
        return f"{what} goes down to {numbers.least:g}: no variance is below zero, and arrays may stand in each other's place"
    if numbers.denormals > FEW * (numbers.count - numbers.zeros):
        return f"{numbers.denormals:,} of {numbers.count:,} numbers of {what} are denormal"
    return None
