from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.target import Target

AT = Pointer("training") / "steps_per_execution"


@check("K610", Severity.ERROR, since="0.1.0")
def fails_at_call(document: Document, target: Target) -> Iterator[Finding]:
    """The model loads, and fails when it is used.

    TensorFlow 2.13 to 2.15 wrote ``steps_per_execution: null`` into compile_config; Keras 3 keeps the null, and ``predict`` raises
    "'>' not supported between instances of 'NoneType' and 'int'".

    The cure writes 1, which is what the null meant.
    """
    training = document.training
    if (
        document.format.native
        and isinstance(training, Mapping)
        and "steps_per_execution" in training
        and training["steps_per_execution"] is None
    ):
        yield Finding(
            AT,
            "steps_per_execution is null: the model loads, and predict() fails",
            repair=Repair("write steps_per_execution 1", (Edit(AT, old=None, new=1),)),
            keras_says="TypeError: '>' not supported between instances of 'NoneType' and 'int'",
        )
