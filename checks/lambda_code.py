from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kdoctor.check import Excerpt, Finding, Repair, Safety, Severity, check
from kdoctor.custom.lambda_layers import brought, written
from kdoctor.document import Document, Format
from kdoctor.replacements.lambda_cures import cures
from kdoctor.structure.lambdas import Lambda, is_bare, lambdas
from kdoctor.target import Target

from ._keras_says import REFUSES_LAMBDA, refuses_code
from ._paste import layer_to_paste
from ._quote import quoted

TO_PASTE = Repair("build the model with this layer in the Lambda's place", safety=Safety.ADVICE)
TO_BRING = Repair(
    "kdoctor fix FILE --stub layers.py writes this layer; kdoctor fix FILE --custom layers.py then puts it in the Lambda's place",
    safety=Safety.ADVICE,
)
ADVICE = Repair("replace the function by Keras operations, or by a registered layer of your own", safety=Safety.ADVICE)


@check("K401", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def lambda_code(document: Document, target: Target) -> Iterator[Finding]:
    """The file holds Python bytecode: a Lambda layer, or a lambda as activation or loss.

    Bytecode runs when the model does, so Keras refuses it in safe mode, which is the default: "Requested the deserialization of a
    `Lambda` layer whose `function` is a Python lambda". It is also bound to the Python that wrote it. The finding shows the code as
    source, read from the bytecode and not run; ``safe_mode=False`` runs it: read it first.

    An activation is stored since Keras 2.13 as ``{"value": [code, …]}``, which no Keras reads back, with ``safe_mode=False`` neither: "Could
    not interpret activation function identifier". Where it is one that Keras has (``tf.nn.relu6(x)``, ``x * K.sigmoid(x)``), the cure writes its
    name; else a layer of operations follows the one that had it. A cell that uses it within its loop has no such cure.

    A SavedModel folder that Keras 2 saved (``model.save("folder")``) holds such code in keras_metadata.pb: Keras 2 runs it, Keras 3 loads no such
    folder. TFSMLayer and TensorFlow Serving run the graph instead, and never this code.

    Before Keras 3.11 an ``.h5`` has no safe mode, before 2.12 nothing has: the code is run, a warning.

    The cure puts the layer of Keras that the code is in its place, under its name (``x / 255`` is a Rescaling, ``x[:, 1:-1]`` a Cropping1D),
    or else a nested model of Keras's own operations, which needs the ``.keras`` format. It computes the same, and loads in safe mode on any
    Python. Where the code does what Keras has no operation for (it draws random numbers, loops over
    a tensor, calls a function of your own), the finding says what, and shows the function as a registered layer: ``fix --stub layers.py``
    writes it into a file of yours, to read and complete, and ``fix --custom layers.py`` puts it in the Lambda's place, by its name. Whether
    the layer given computes what the function did, only its author knows.
    A loss or metric goes with the training state; an initializer is not asked when the weights are in the file.
    In a model of very many functions no cure is tried, and the finding says so: each one infers all shapes anew.
    """
    if document.format is Format.OTHER:
        yield from _in_saved_model(document, target)
        return
    refuses, cured = refuses_code(document, target), refuses_code(document, replace(target, safe_mode=True))
    known = cures(document, target)
    for found in lambdas(document):
        if found.code is None:
            continue
        bare = is_bare(document.at(found.at))
        refused = refuses or bare
        curable = cured or bare
        why = known.reasons.get(found.at) if curable else None
        paste = layer_to_paste(document, found) if why and found.at not in known.needs else None
        told = (
            "in a form that no Keras reads"
            if bare
            else "which safe mode refuses to load"
            if refused
            else f"which {target} runs when it loads the file{'' if target.safe_mode else ', with safe_mode=False alone'}"
        )
        repair = (known.of(found.at) if curable else None) or _own(document, target, found, paste)
        yield Finding(
            found.at,
            f"{found.described} is Python bytecode (Python {found.code.python}), {told}"
            + (f"; it cannot be written with Keras's operations: {why}" if why else "")
            + (f"; it was not tried to write it with Keras's operations: {known.too_many}" if curable and known.too_many else ""),
            repair=repair,
            needs=known.needs.get(found.at, ()) if refused and not repair.changes else (),
            layer=found.owner,
            keras_says=_keras_says(found) if bare else REFUSES_LAMBDA if refused else None,
            excerpt=paste or quoted(found.code),
            mild=not refused,
        )


def _own(document: Document, target: Target, found: Lambda, paste: Excerpt | None) -> Repair:
    """A layer of the user's own, where it is given; else how to give one."""
    if paste is None:
        return brought(document, target, found) or ADVICE
    return brought(document, target, found) or (TO_PASTE if written(document, found) is None else TO_BRING)


def _in_saved_model(document: Document, target: Target) -> Iterator[Finding]:
    """Code among what Keras wrote into a SavedModel: measured with TensorFlow 2.15, whose ``safe_mode=True`` runs it, too."""
    for found in lambdas(document):
        if found.code is not None:
            yield Finding(
                found.at,
                f"{found.described} is Python bytecode (Python {found.code.python}), which Keras 2 runs when it loads the folder, in safe mode too",
                repair=ADVICE,
                layer=found.owner,
                excerpt=quoted(found.code),
                mild=not target.keras_3,
            )


def _keras_says(found: Lambda) -> str:
    what = "activation function" if found.key.endswith("activation") else found.key.rpartition("_")[2]
    return f"TypeError: … Could not interpret {what} identifier: {{'value': […]}}"
