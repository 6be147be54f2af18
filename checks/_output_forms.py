"""What the training state says of the outputs, in a form that Keras 3 reads and then does not train with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.structure.models import models
from kdoctor.target import Target
from kdoctor.training.output_forms import said_for_each, said_of_one

AT = Pointer("training")


def unfit_forms(document: Document, target: Target) -> Iterator[Finding]:
    """Each as a warning, unless the model is wanted for training."""
    training, listed = document.training, models(document)
    if not isinstance(training, Mapping) or not listed or not habits.WEIGHS_EVERY_OUTPUT.of(target):
        return
    ends = listed[0].node.config.get("output_layers")
    names = [*ends] if isinstance(ends, Mapping) else [source.layer for source in listed[0].endpoints("output_layers")]
    alone = len(names) < 2 and not habits.FLATTENS_METRICS_OF_ONE_OUTPUT.of(target)
    meant = "all metrics in one list" if alone else f"say it of all {len(names)} outputs, as Keras 2 took it"
    for key, new, wrong, says in said_of_one(training) if alone else said_for_each(training, names):
        yield Finding(
            AT / key,
            f"{key} {wrong}: the model loads, and fit() fails",
            repair=Repair(meant, (Edit(AT / key, old=training[key], new=new),)),
            keras_says=says,
            mild=target.purpose != "training",
        )
