from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.custom.custom_objects import of_training
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.compile_reader import Mention, mentions
from kdoctor.keras_api.metric_functions import FIRST_NAMES, WRAPPER
from kdoctor.target import Target
from kdoctor.training.renamed_metrics import as_class, as_loss

from ._doubled_names import doubled_names
from ._listed_metrics import listed_metrics
from ._unlocated_training import misnamed, unlocated, written_out

# losses/loss.py, standardize_reduction: "auto" was Keras 2's word for the mean over the batch.
REDUCTIONS = {"auto": "sum_over_batch_size"}
LOSSES = "keras.losses"


@check("K502", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def unresolved_loss_or_metric(document: Document, target: Target) -> Iterator[Finding]:
    """The training state names a loss or metric of Keras in a way that the target does not read.

    An ``.h5`` compiled with ``mse`` does not load in Keras 3, one that Keras 3 itself saved included: "Could not deserialize
    'keras.metrics.mse' because it is not a KerasSaveable subclass". Loss objects of Keras 2 carry arguments that are gone ("got an
    unexpected keyword argument 'fn'") or have another name ("Invalid value for argument `reduction`").

    A metric function of the user's own in an ``.h5`` of Keras 2 stands in a wrapper that bears its name: given to ``load_model``, it is
    taken for that name, "'function' object has no attribute 'replace'".

    Some metrics went by names that Keras 3 has no function for (``cosine_proximity``, ``logcosh``): the model predicts, and ``fit`` raises
    "Could not interpret metric identifier: cosine_proximity". The cure names the class that computes the same; for ``ce``, which was one of
    three cross-entropies, the one that the model's output and its loss tell. So it is with some losses (``huber_loss``, ``logcosh``,
    ``kullback_leibler_divergence``), which an ``.h5`` does not even load with.

    A metric that stood alone (``metrics="mae"``) is refused: "Expected `metrics` argument to be a list, tuple, or dict". Keras 2 gave it
    to every output, as it did a list of metrics; Keras 3 takes the items of a list for one output each where there are several. The cure
    writes a list, for each output of several.

    Of several outputs Keras 2 saved the metrics of an ``.h5`` under names that begin with that of the output (``a_mae``), which Keras 3
    puts before them again: ``evaluate`` and callbacks see ``a_a_mae``. A warning, cured by the name without it.

    A loss or metric in an archive is looked for by its module, which a file that was edited does not say, or says of another package: "Could
    not locate class 'AUC'"; so it is refused under a registered name.

    The cure writes the full name (``mean_squared_error``), leaves out ``fn``, which the class knows itself, and what is null, and writes today's word for
    the reduction, that of a loss of the user's own included, when its source is given with ``--custom``. The model computes the same.
    """
    yield from listed_metrics(document, target)
    yield from doubled_names(document, target)
    for mention in mentions(document, target):
        if mention.kind == "optimizer":
            continue
        if mention.given:
            yield from _reduction(mention, target) if of_training(mention, target) is not None else ()
            continue
        if mention.found is None and mention.meant is not None and mention.form != "object":
            yield _alias(document, mention, target)
        if (made := as_class(mention, document, target)) is not None:
            yield _renamed(mention, made, str(made["class_name"]), document, target)
        if (name := as_loss(mention, target)) is not None:
            yield _renamed(mention, name, name, document, target)
        if target.keras_3 and not document.format.native and mention.name == WRAPPER and target.is_given(mention.arguments.get("name")):
            yield _taken_for_its_name(mention, document, target)
        yield from _homeless(mention, document, target)
        yield from unlocated(mention, document, target)
        yield from misnamed(mention, document, target)
        yield from _arguments(mention, target) if document.format.native or mention.found is not None else ()


def _homeless(mention: Mention, document: Document, target: Target) -> Iterator[Finding]:
    """A loss as a metric stands in a wrapper in an ``.h5``, which Keras 3 reads as in an archive: by its module."""
    if not target.keras_3 or document.format.native or mention.at.keys[-1] != "fn" or mention.form != "object" or mention.found is None:
        return
    if document.at(mention.at / "module") is ABSENT:
        home = tuple(Edit(mention.at / key, old=ABSENT, new=value) for key, value in (("module", LOSSES), ("registered_name", None)))
        yield Finding(
            mention.at,
            f"the loss {mention.name} in a metric does not say its module, by which {target} looks for it",
            repair=Repair(f"write module {LOSSES}", home),
            keras_says=f"TypeError: <class 'keras.src.metrics.reduction_metrics.{WRAPPER}'> could not be deserialized properly.",
        )


def _taken_for_its_name(mention: Mention, document: Document, target: Target) -> Finding:
    """MeanMetricWrapper.from_config puts a custom object in the place of every text in its config that names one, the metric's name too."""
    name, old = mention.arguments["name"], document.at(mention.at)
    plain = mention.arguments.keys() <= {"name", "dtype", "fn"} and mention.arguments.get("dtype") in (None, "float32")
    alone = plain and mention.nested and mention.arguments.get("fn") == name
    return Finding(
        mention.at,
        f"the metric {name!r} has the name of its own function, and {target} takes the function that you give for the name",
        repair=Repair(f"write the metric {name!r} by its name alone, as Keras 3 does", (Edit(mention.at, old=old, new=name),))
        if alone
        else None,
        keras_says="AttributeError: 'function' object has no attribute 'replace'",
    )


def _renamed(mention: Mention, made: Json, name: str, document: Document, target: Target) -> Finding:
    passed = document.format.native or mention.nested  # unread until fit()
    return Finding(
        mention.at,
        f"the {mention.kind} {mention.name!r} is a name of Keras 2 that {target} does not find",
        repair=Repair(f"write the {mention.kind} {name}", (Edit(mention.at, old=mention.name, new=made),)),
        keras_says=f"ValueError: Could not interpret {mention.kind} identifier: {mention.name}",
        mild=passed and target.purpose != "training",
    )


def _alias(document: Document, mention: Mention, target: Target) -> Finding:
    assert mention.meant is not None
    name, old = mention.meant.name, document.at(mention.at)
    name = name if target.keras_3 else FIRST_NAMES.get(name, name)
    sought = (mention.meant.exports or (mention.meant.path,))[0].rpartition(".")[0]
    new = written_out(mention, name, old)
    return Finding(
        mention.at,
        f"the {mention.kind} {mention.name!r} is a short name that {target} does not read in this place",
        repair=Repair(f"write {mention.kind} {name!r}", (Edit(mention.at, old=old, new=new),)),
        keras_says=f"ValueError: Could not deserialize '{sought}.{mention.name}' because it is not a KerasSaveable subclass"
        if target.keras_3
        else f"ValueError: Unknown {mention.kind} function: {mention.name!r}",
    )


def _arguments(mention: Mention, target: Target) -> Iterator[Finding]:
    at = mention.at / "config"
    for name in mention.not_taken():
        repair = (
            Repair(f"drop {name}", (Edit(at / name, old=mention.arguments[name], new=ABSENT),))
            if name == "fn" or mention.arguments[name] is None
            else None
        )
        yield Finding(
            at / name,
            f"the {mention.kind} {mention.name} of {target} takes no argument {name!r}",
            repair=repair,
            keras_says=f"TypeError: {mention.name}.__init__() got an unexpected keyword argument '{name}'",
        )
    yield from _reduction(mention, target)


def _reduction(mention: Mention, target: Target) -> Iterator[Finding]:
    at, reduction = mention.at / "config", mention.arguments.get("reduction")
    reduces = mention.kind == "loss" or (mention.found is not None and mention.found.kind == "loss")  # a loss as a metric, too
    if reduces and isinstance(reduction, str) and reduction in REDUCTIONS and habits.RENAMES_REDUCTION.of(target):
        right = REDUCTIONS[reduction]
        yield Finding(
            at / "reduction",
            f"the {mention.kind} {mention.name} has the reduction {reduction!r}, which {target} calls {right!r}",
            repair=Repair(f"write reduction {right!r}", (Edit(at / "reduction", old=reduction, new=right),)),
            keras_says=f"ValueError: Invalid value for argument `reduction`. Expected one of {{…}}. Received: reduction={reduction}",
        )
