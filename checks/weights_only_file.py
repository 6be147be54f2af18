from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Document, Format
from kdoctor.pointer import Pointer
from kdoctor.structure.manifest import parameters
from kdoctor.target import Target

from ._architecture import UNTOLD, against
from ._fitting import fitting

TITLE = "write the whole model, with the architecture you gave"
ALL_THE_SAME = "where you left layers out or renamed them on purpose"
COPIES = "and give each its own copy of the weights: right where they were one layer, and training changes them apart"


@check("K108", Severity.ERROR, since="0.1.0")
def weights_only_file(document: Document, target: Target) -> Iterator[Finding]:
    """The file holds weights and no architecture.

    ``save_weights`` or a ModelCheckpoint with ``save_weights_only=True`` wrote it; ``load_model`` answers "No model config found in
    the file". It loads into a model that was built in code: ``model.load_weights(path)``.

    The cure needs the architecture, which the file does not have: ``--architecture`` takes it from ``model.to_json()``, a ``.keras`` or an
    ``.h5`` of the same model. The whole model is written only when every variable of its layers has its array, by place or by order and by
    shape, and no array is left over; else nothing is, and the first that does not match is named.

    A layer that stands in several nested models has its weights in the file once. With ``--unsafe`` each gets a copy, where every other array
    has its layer; without it nothing is written, since the file does not tell it from one that has lost the weights of a second layer.

    ``--architecture pkg.module:builder`` asks your own function for it: kdoctor starts a Python in the folder you stand in, which imports
    the module, calls ``builder()`` and hands back ``to_json()`` of the model it returns. This is the one place where code runs, and it is
    code that you named, never any of the file's.

    Weights of ``keras.applications`` are recognised by the shapes of all their arrays, with the top, with one for another number of
    classes, without it, or as a layer of a larger model: "fits keras.applications.ResNet50(weights=None, include_top=False)". That call
    makes the architecture, in the Keras that will load the model::

        python -c "import keras; open('model.json', 'w').write(keras.applications.ResNet50(weights=None, include_top=False).to_json())"
        kdoctor fix weights.h5 --architecture model.json

    Shapes do not tell activations: a last layer of your own may be linear where the architecture's ends in a softmax. But the file has a
    group for each layer, with arrays or without, and often its name: an architecture with another kind of pooling, or with names in each
    other's places, is not the one that was saved. It is written with ``--unsafe`` only: you may have left out a layer on purpose.
    """
    if document.format is not Format.H5_WEIGHTS:
        return
    groups = _groups(document)
    named = ", ".join(groups[:4]) + (f" and {len(groups) - 4} more" if len(groups) > 4 else "")
    name = document.file.get("name", "")
    told, repair = _given(document, target)
    fits, needs = fitting(document)
    yield Finding(
        Pointer("weights"),
        f"weights only: {parameters(document):,} parameters of {len(groups)} layers ({named}), and no architecture{fits}{told}",
        repair=repair,
        needs=needs if repair is None or repair.safety is Safety.SAFE else (),
        keras_says=f"ValueError: No model config found in the file at {name}.",
    )


def _given(document: Document, target: Target) -> tuple[str, Repair | None]:
    """Why the architecture that the user gave is not that of these weights, or what it takes to be; the cure, where every array fits it."""
    if target.given.architecture is None:
        return "", None
    from kdoctor.convert.assembly import assembled  # dear to import, and seldom asked for
    from kdoctor.convert.stored_once import copied

    try:
        whole = assembled(document, target)
    except NotConvertible as refusal:
        return f"; the one you gave does not fit: {refusal}", None
    names = copied(whole) if whole.format.native else ()
    if names:
        told = ", ".join(repr(name) for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        why = f"; in the one you gave, {told} stand{'s' if len(names) == 1 else ''} in several models, and the file holds the weights of each once"
        return why, Repair(f"{TITLE}, {COPIES}", safety=Safety.UNSAFE, native=True)
    told, safety = against(document, whole, target)
    return told, Repair(f"{TITLE} ({UNTOLD})" if safety is Safety.SAFE else ALL_THE_SAME, safety=safety, native=True)


def _groups(document: Document) -> list[str]:
    """Names of the layers that own weights, in the order of the file."""
    found = dict.fromkeys(_layer_of(path) for path in document.weights if not path.startswith("optimizer"))
    return [name for name in found if name]


def _layer_of(path: str) -> str:
    keys = [key for key in path.replace("\\", "/").split("/") if key not in ("model_weights", "layers", "_layer_checkpoint_dependencies")]
    return keys[0] if len(keys) > 1 else ""
