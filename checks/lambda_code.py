from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.lambdas import lambdas
from kdoctor.target import Target

from ._keras_says import REFUSES_LAMBDA, refuses_code
from ._quote import quoted


@check("K401", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def lambda_code(document: Document, target: Target) -> Iterator[Finding]:
    """The file holds Python bytecode: a Lambda layer, or a lambda as activation or loss.

    Bytecode runs when the model does, so Keras refuses it in safe mode, which is the default: "Requested the deserialization of a
    `Lambda` layer whose `function` is a Python lambda". It is also bound to the Python that wrote it. The finding shows the code as
    source, read from the bytecode and not run; ``safe_mode=False`` runs it: read it first.

    Before Keras 3.11 an ``.h5`` has no safe mode, before 2.12 nothing has: the code is run, a warning.

    The lasting cure is to say the same with Keras's own operations or a registered layer.
    """
    refused = refuses_code(document, target)
    for found in lambdas(document):
        if found.code is None:
            continue
        told = "which safe mode refuses to load" if refused else f"which {target} runs when it loads the file"
        yield Finding(
            found.at,
            f"{found.described} is Python bytecode (Python {found.code.python}), {told}",
            repair=Repair("replace the function by Keras operations, or by a registered layer of your own", safety=Safety.ADVICE),
            layer=found.owner,
            keras_says=REFUSES_LAMBDA if refused else None,
            excerpt=quoted(found.code),
            mild=not refused,
        )
