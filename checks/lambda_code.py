from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.lambdas import lambdas
from kdoctor.target import Target

from ._keras_says import REFUSES_LAMBDA
from ._quote import quoted


@check("K401", Severity.ERROR, since="0.1.0")
def lambda_code(document: Document, target: Target) -> Iterator[Finding]:
    """The file holds Python bytecode: a Lambda layer, or a lambda as activation or loss.

    Bytecode runs when the model does, so Keras refuses it in safe mode, which is the default: "Requested the deserialization of a
    `Lambda` layer whose `function` is a Python lambda". It is also bound to the Python that wrote it. The finding shows the code as
    source, read from the bytecode and not run; ``safe_mode=False`` runs it: read it first.

    The lasting cure is to say the same with Keras's own operations or a registered layer.
    """
    for found in lambdas(document):
        if found.code is None:
            continue
        yield Finding(
            found.at,
            f"{found.described} is Python bytecode (Python {found.code.python}), which safe mode refuses to load",
            repair=Repair("replace the function by Keras operations, or by a registered layer of your own", safety=Safety.ADVICE),
            layer=found.owner,
            keras_says=REFUSES_LAMBDA,
            excerpt=quoted(found.code),
        )
