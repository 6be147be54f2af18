from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.document import ABSENT, Document, Format, Json
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._given_training import as_given

AT = Pointer("training")
NEED = Need("--compile", "optimizer=adam,loss=…,metrics=…", "the file does not say how the model was trained")


@check("K501", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def not_compiled(document: Document, target: Target) -> Iterator[Finding]:
    """No training state is in the file: the model predicts, but ``fit`` and ``evaluate`` need ``compile`` first.

    It was saved without ``compile``, with ``include_optimizer=False``, or someone removed it. Keras warns "No training configuration
    found in the save file, so the model was *not* compiled", and ``fit`` raises "You must call `compile()` before using the model".

    ``--compile optimizer=adam,loss=mse,metrics=mae`` writes a training state of your choice, in the place of the file's own if it has one.
    Of several outputs: ``loss=[mse,mae],loss_weights=[1,0.5]`` or ``loss={a:mse,b:mae},metrics={a:mae}``; with a schedule:
    ``optimizer=adam(exponential_decay(0.01,1000,0.9))``. The optimizer starts afresh. For inference nothing is missing: the finding is a
    warning, and an error with ``--for training``.
    """
    if document.format not in (Format.KERAS_ZIP, Format.KERAS_DIR, Format.H5_MODEL) or document.config is ABSENT:
        return
    repair = as_given(document, target)
    if document.training is not ABSENT:
        if repair is not None and _said(document.training) != _said(repair.edits[0].new):
            yield Finding(AT, "the file says itself how it was trained, and you say otherwise", repair=repair, mild=True)
        return
    left = [path for path in document.weights if path.startswith(("optimizer/", "optimizer_weights/"))]
    tail = "; optimizer state was left behind" if left else ""
    yield Finding(
        AT,
        f"the model is not compiled: it predicts, but fit() and evaluate() need compile() first{tail}",
        repair=repair,
        needs=() if repair else (NEED,),
        keras_says=_keras_says(document),
        mild=target.purpose != "training",
    )


def _keras_says(document: Document) -> str:
    if document.format is Format.H5_MODEL:
        return "WARNING: No training configuration found in the save file, so the model was *not* compiled. Compile it manually."
    return "ValueError: You must call `compile()` before using the model."


def _said(training: Json) -> Json:
    """Without what is null, which some releases want to be there (K507)."""
    return {key: value for key, value in training.items() if value is not None} if isinstance(training, dict) else training
