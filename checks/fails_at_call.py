from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.cudnn import TWINS
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.reader import calls
from kdoctor.pointer import Pointer
from kdoctor.target import Target

AT = Pointer("training") / "steps_per_execution"


@check("K610", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def fails_at_call(document: Document, target: Target) -> Iterator[Finding]:
    """The model loads, and fails when it is used.

    TensorFlow 2.13 to 2.15 wrote ``steps_per_execution: null`` into compile_config; Keras 3 keeps the null, and ``predict`` raises
    "'>' not supported between instances of 'NoneType' and 'int'".

    The cure writes 1, which is what the null meant.

    Keras 2 has CuDNNLSTM and CuDNNGRU, and runs them on an Nvidia GPU alone: a warning there.
    """
    for call in calls(document, target) if habits.RUNS_CUDNN_LAYERS.of(target) else ():
        if call.node.class_name in TWINS and call.found is not None:
            yield Finding(
                call.node.at,
                f"{call.node.class_name} {call.node.name!r} runs on an Nvidia GPU alone in {target}",
                layer=call.node.name,
                keras_says="InvalidArgumentError: No OpKernel was registered to support Op 'CudnnRNN'",
                mild=True,
            )
    training = document.training
    if (
        document.format.native
        and habits.KEEPS_NULL_STEPS.of(target)
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
