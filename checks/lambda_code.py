from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.lambda_cures import cures
from kdoctor.lambdas import lambdas
from kdoctor.target import Target

from ._keras_says import REFUSES_LAMBDA
from ._quote import quoted

ADVICE = Repair("replace the function by Keras operations, or by a registered layer of your own", safety=Safety.ADVICE)


@check("K401", Severity.ERROR, since="0.1.0")
def lambda_code(document: Document, target: Target) -> Iterator[Finding]:
    """The file holds Python bytecode: a Lambda layer, or a lambda as activation or loss.

    Bytecode runs when the model does, so Keras refuses it in safe mode, which is the default: "Requested the deserialization of a
    `Lambda` layer whose `function` is a Python lambda". It is also bound to the Python that wrote it. The finding shows the code as
    source, read from the bytecode and not run; ``safe_mode=False`` runs it: read it first.

    The cure puts a nested model of Keras's own operations in the layer's place, under its name: it computes the same, loads in safe mode
    on any Python, and needs the ``.keras`` format. Where the code does what Keras has no operation for (it draws random numbers, loops over
    a tensor, calls a function of your own), the finding says what, and a registered layer has to take its place.
    """
    known = cures(document, target)
    for found in lambdas(document):
        if found.code is None:
            continue
        why = known.reasons.get(found.at)
        yield Finding(
            found.at,
            f"{found.described} is Python bytecode (Python {found.code.python}), which safe mode refuses to load"
            + (f"; it cannot be written with Keras's operations: {why}" if why else ""),
            repair=known.of(found.at) or ADVICE,
            needs=known.needs.get(found.at, ()),
            layer=found.owner,
            keras_says=REFUSES_LAMBDA,
            excerpt=quoted(found.code),
        )
