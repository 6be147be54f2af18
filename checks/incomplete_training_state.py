from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import ABSENT, Document, Format, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._given_training import as_given

AT = Pointer("training")
NEED = Need("--compile", "optimizer=adam,loss=…,metrics=…", "the file does not say how the model was trained")
# Keys of a training_config that say nothing where they are null, and are read all the same.
EMPTY: Mapping[str, Json] = {"loss_weights": None}
EMPTY_IN_KERAS_2_3: Mapping[str, Json] = {**EMPTY, "metrics": [], "sample_weight_mode": None}


@check("K507", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def incomplete_training_state(document: Document, target: Target) -> Iterator[Finding]:
    """The training state lacks what Keras reads of it.

    The reader of ``.h5`` files takes the optimizer and the weights of the losses for granted: "KeyError: 'optimizer_config'", "KeyError:
    'loss_weights'". Converters and editors leave them out, or leave an empty object. In an archive ``compile`` reads the optimizer: one without
    a ``class_name`` is "KeyError: 'class_name'", a number or a list "Could not interpret optimizer identifier".

    The cure writes a null where that is what a missing key means. Where the optimizer is gone, it leaves the whole training state out:
    the model loads and predicts, and ``--compile optimizer=adam,loss=…`` writes a state of your choice instead.

    A state without a loss loads, and ``fit`` raises "No loss to compute. Provide a `loss` argument in `compile()`": a warning, and an
    error with ``--for training``.
    """
    training = document.training
    if training is ABSENT or document.format not in (Format.KERAS_ZIP, Format.KERAS_DIR, Format.H5_MODEL):
        return
    if not isinstance(training, Mapping):
        says = "TypeError: keras.src.trainers.trainer.Trainer.compile() argument after ** must be a mapping, not list"
        yield _lost(document, target, "the training state is no object", says)
        return
    key = None if document.format.native else _unreadable(training)
    if key is not None:
        yield _lost(
            document, target, f"the training state names no optimizer that Keras can read: {key!r} is missing", f"KeyError: '{key}'"
        )
        return
    refusal = _uninterpreted(training.get("optimizer")) if document.format.native else None
    if refusal is not None:
        yield _lost(document, target, "the training state names no optimizer that Keras can read", refusal)
        return
    if not document.format.native:
        yield from _left_out(training, target)
    if training.get("loss") is None and ("optimizer" in training or "optimizer_config" in training):
        yield _without_loss(document, target)


def _unreadable(training: Mapping[str, Json]) -> str | None:
    """The key that the reader of the optimizer misses: a class of a package is looked up with its config."""
    optimizer = training.get("optimizer_config")
    if not isinstance(optimizer, Mapping):
        return None if isinstance(optimizer, str) else "optimizer_config"
    if "class_name" not in optimizer:
        return "class_name"
    return "config" if "config" not in optimizer and ">" in str(optimizer["class_name"]) else None


def _uninterpreted(optimizer: Json) -> str | None:
    """What ``compile`` says of what an archive has for an optimizer, and is none: optimizers.get of 3.15.1, run with each of these kinds."""
    if isinstance(optimizer, Mapping):
        return None if "class_name" in optimizer else "KeyError: 'class_name'"
    return None if optimizer is None or isinstance(optimizer, str) else f"ValueError: Could not interpret optimizer identifier: {optimizer}"


def _lost(document: Document, target: Target, message: str, says: str) -> Finding:
    given = as_given(document, target)
    edit = Edit(AT, old=document.training, new=ABSENT)
    left_out = None if target.purpose == "training" else Repair("leave the training state out; compile the model to train it", (edit,))
    return Finding(AT, message, repair=given or left_out, needs=() if given else (NEED,), keras_says=says)


def _left_out(training: Mapping[str, Json], target: Target) -> Iterator[Finding]:
    asks = habits.ASKS_SAMPLE_WEIGHT_MODE_IN_TENSORFLOW if target.family == "tf.keras" else habits.ASKS_SAMPLE_WEIGHT_MODE
    wanted = EMPTY_IN_KERAS_2_3 if asks.of(target) else EMPTY
    missing = {key: value for key, value in wanted.items() if key not in training}
    if missing:
        named = ", ".join(repr(key) for key in missing)
        edits = tuple(Edit(AT / key, old=ABSENT, new=value) for key, value in missing.items())
        repair = Repair("write what a missing key means", edits)
        yield Finding(
            AT, f"the training state lacks {named}, which {target} reads", repair=repair, keras_says=f"KeyError: '{[*missing][-1]}'"
        )


def _without_loss(document: Document, target: Target) -> Finding:
    repair = as_given(document, target)
    return Finding(
        AT,
        "the training state names no loss: the model predicts, but fit() has nothing to minimise",
        repair=repair,
        needs=() if repair else (NEED,),
        keras_says="ValueError: No loss to compute. Provide a `loss` argument in `compile()`.",
        mild=target.purpose != "training",
    )
