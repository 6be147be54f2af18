from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.compile_reader import CROSSENTROPY, Mention, is_optimizer, mentions
from kdoctor.keras_api.history import told_of
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.training.renamed_metrics import as_class, as_loss

from ._own_within import Within, within
from ._unknown_to_h5 import Reading, reading

AT = Pointer("training")
OWN = "it is the author's own"
NOT_THERE = "it has one, which it does not look for there"
ANOTHER = Need("--compile", "optimizer=adam,loss=…,metrics=…", "another takes its place")
CHOSEN = "Keras 2 chose one of three by what the model was trained with, which the file does not tell"


@check("K506", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def custom_compile_object(document: Document, target: Target) -> Iterator[Finding]:
    """The model was compiled with a loss, metric or optimizer of the user's own, or of a later Keras, which blocks loading.

    Only its name is in the file: "Unknown loss function: my_loss", "Could not locate function 'rmse'". Predictions do not need it. A
    metric that is stored as plain text does not block loading, only ``fit`` and ``evaluate``: a warning, unless the model is wanted for
    training. So it is with a function within a MeanMetricWrapper, which an ``.h5`` of Keras 2 makes of every metric function (it blocks there), and with
    whatever stands in a list or a dict of an ``.h5``: Keras 3 takes its name along until ``fit``.

    A loss object that stands alone in an ``.h5`` is sought by the ``name`` in its config: without a name, which Keras 2 writes where the
    class gives none, the model comes back without a loss; with the name of one of Keras's losses it is trained with that, without a word.

    So is a learning-rate schedule of the user's own, in an optimizer of Keras's: "Could not locate class 'WarmUp'" ("Unknown decay: 'WarmUp'" in Keras 2),
    and the optimizer of the user's own that a LossScaleOptimizer holds.

    The cure leaves the training state out, so that the model loads for inference; compile it again to go on training. With
    ``--for training`` nothing is left out, and the code is asked for. Whoever has it keeps everything: ``--custom my_loss``, and ``load_model(path, custom_objects={"my_loss": my_loss})``.
    """
    dropped = False
    for mention in mentions(document, target):
        inside = [*within(mention, document, target)]
        for one in inside:
            yield _within(one, document, target, dropped)
            dropped = True
        if inside:
            continue
        if mention.found is not None or mention.meant is not None or mention.given or _is_told_elsewhere(mention, document, target):
            continue
        read = _reading(mention, document, target)
        yield _finding(mention, read, document, target, dropped)
        dropped = dropped or read.blocks


def _finding(mention: Mention, read: Reading, document: Document, target: Target, dropped: bool) -> Finding:
    """To predict, the first that blocks is cured without the training state; to train, each is needed."""
    trains, whose = target.purpose == "training", _whose(mention, target)
    return Finding(
        mention.at,
        f"{target} does not know the {mention.kind} {mention.name!r}: {whose}" + (f"; {read.outcome}" if read.outcome else ""),
        repair=_left_out(document) if read.blocks and not dropped and not trains else None,
        needs=(_needed(mention, whose),) if trains else (),
        keras_says=read.keras_says,
        mild=not trains and (dropped or not read.blocks),
    )


def _needed(mention: Mention, whose: str) -> Need:
    if whose == OWN:
        return Need("--custom", mention.name.rpartition(">")[2], f"the {mention.kind} itself is not in the file, only its name")
    return ANOTHER


def _whose(mention: Mention, target: Target) -> str:
    if mention.kind == "metric" and mention.form == "text" and mention.name in CROSSENTROPY:
        return CHOSEN
    return told_of(mention.kind, mention.name, target.minor) or OWN


def _left_out(document: Document) -> Repair:
    return Repair("leave out the training state; compile the model again to train it", (Edit(AT, old=document.training, new=ABSENT),))


def _within(one: Within, document: Document, target: Target, dropped: bool) -> Finding:
    trains, whose = target.purpose == "training", NOT_THERE if one.known else told_of(one.kind, one.name, target.minor) or OWN
    plain = one.name.rpartition(">")[2]
    needed = Need("--custom", plain, f"the {one.called} itself is not in the file, only its name") if whose == OWN else ANOTHER
    return Finding(
        one.at,
        f"{target} does not find the {one.called} {one.name!r} that {one.holder} holds: {whose}",
        repair=None if dropped or trains else _left_out(document),
        needs=(needed,) if trains else (),
        keras_says=one.keras_says,
        mild=dropped and not trains,
    )


def _is_told_elsewhere(mention: Mention, document: Document, target: Target) -> bool:
    return _falls_back(mention, document, target) or (as_class(mention, document, target) or as_loss(mention, target)) is not None


def _reading(mention: Mention, document: Document, target: Target) -> Reading:
    """Whether loading fails: ``compile`` looks up plain texts of a ``.keras`` later, and an ``.h5`` lets more than those pass."""
    text, wrapped = mention.form == "text", mention.at.keys[-1] == "fn" and habits.PASSES_UNKNOWN_LOSSES.of(target)
    if text and wrapped:
        return Reading(False, "TypeError: 'str' object is not callable")
    native = document.format.native or wrapped  # what a metric wraps is read as in an archive
    if mention.kind != "optimizer" and not native and habits.PASSES_UNKNOWN_LOSSES.of(target):
        return reading(mention, document, target)
    return Reading(not native or not text or mention.kind == "optimizer", _keras_says(mention, native))


def _falls_back(mention: Mention, document: Document, target: Target) -> bool:
    """An ``.h5`` takes the optimizer that its config's name names (saving_utils._resolve_compile_arguments_compat)."""
    sought_again = habits.FALLS_BACK_TO_OPTIMIZER_NAME.of(target) and not document.format.native
    return sought_again and mention.kind == "optimizer" and is_optimizer(mention.arguments.get("name"), target)


def _keras_says(mention: Mention, native: bool) -> str:
    if mention.form == "text" and native:
        return f"ValueError: Could not interpret {mention.kind} identifier: {mention.name}"
    if native:
        what = "class" if mention.form == "object" else "function"
        return f"TypeError: Could not locate {what} '{mention.name}'. Make sure custom classes and functions are decorated with …"
    if mention.kind == "optimizer" and mention.arguments.get("name") is not None:
        return f"ValueError: Could not interpret optimizer identifier: {mention.arguments['name']}"
    return f"ValueError: Unknown {mention.kind} function: {mention.name}"
