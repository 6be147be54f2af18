"""What a compile_config says that ``compile`` does not take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import MODELS, model_of
from kdoctor.target import Target

AT = Pointer("training")
# keras/src/trainers/trainer.py, Trainer.compile: alike in 3.0.5 and 3.15.1.
TAKEN: Final = frozenset(
    {
        "optimizer", "loss", "loss_weights", "metrics", "weighted_metrics",
        "run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss",
    }
)  # fmt: skip


def compile_arguments(document: Document, target: Target) -> Iterator[Finding]:
    """Each key of an archive's compile_config is an argument; an ``.h5`` is asked for what is known alone. A class of the author's may take more."""
    training, model = document.training, model_of(document)
    if not target.keras_3 or not document.format.native or not isinstance(training, Mapping) or model is None:
        return
    for name in training if model.class_name in MODELS else ():
        if name not in TAKEN:
            yield Finding(
                AT / name,
                f"compile() of {target} takes no argument {name!r}",
                repair=Repair(f"drop {name}", (Edit(AT / name, old=training[name], new=ABSENT),)),
                keras_says=f"TypeError: Trainer.compile() got an unexpected keyword argument '{name}'",
            )
