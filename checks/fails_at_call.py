from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.custom.left_out import BOUNDARIES, told_of, told_words, without_boundaries, without_words
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.reader import calls
from kdoctor.pointer import Pointer
from kdoctor.replacements.cudnn import TWINS
from kdoctor.structure.lookups import WORDS, weighs_words
from kdoctor.structure.objects import Node
from kdoctor.target import Target
from kdoctor.weights.assets import has_assets, without_assets
from kdoctor.weights.stored_h5 import NAMES

from ._bare_numbers import bare_numbers
from ._functions_as_texts import functions_as_texts
from ._lone_cells import lone_cells
from ._masked_attention import narrow_masks
from ._masked_groups import masked_groups
from ._output_forms import unfit_forms
from ._states_of_numbers import states_of_numbers
from ._unfit_schedules import unfit_schedules
from ._unquantized import unquantized

AS_H5 = Need("FILE", "the model saved as an .h5", "for a Keras 3 `kdoctor fix` writes the LSTM or GRU that it is")
AT = Pointer("training") / "steps_per_execution"


@check("K610", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def fails_at_call(document: Document, target: Target) -> Iterator[Finding]:
    """The model loads, and fails when it is used.

    TensorFlow 2.13 to 2.15 wrote ``steps_per_execution: null`` into compile_config; Keras 3 keeps the null, and ``predict`` raises
    "'>' not supported between instances of 'NoneType' and 'int'".

    The cure writes 1, which is what the null meant; so it does for ``"auto"`` of TensorFlow 2.13 and later, and for what is no count.

    Keras 2 wrote a learning-rate schedule without a name as ``"name": null``; the model of Keras 3 predicts, and ``fit`` raises "Argument
    `name` must be a string". It is a warning unless the model is wanted for training; the cure leaves the null out. So is a
    PiecewiseConstantDecay whose values are whole numbers and others ("cannot compute Mul as input #1 was expected to be a int32 tensor").

    Of several outputs Keras 2 took a loss or a weight for some, one loss beside a list of weights, and nulls among the metrics; Keras 3 reads
    them, and ``fit`` raises "`loss_weights` must match the number of losses". The cure says of each output what Keras 2 took it for.

    Metrics of one output are a list of one list in an ``.h5`` of Keras 2, and Keras 3.0 to 3.13 do not train or evaluate with that: "Expected all
    entries in the `metrics` list to be metric objects". The cure writes one list. The
    functions of metrics are texts there: ``evaluate`` raises "'str' object is not callable" in every Keras 3, which is told with ``--for training``.

    A lookup layer that learned its words (``adapt``) has them beside the config of a ``.keras``; an ``.h5`` has no room for them, and Keras 3
    saves it all the same: "Table not initialized". Keras 2 refuses it when it saves, and leaves a file that it refuses to load, too. An
    archive without its ``assets`` folder is no better, and one that lacks some of them, has them elsewhere or empty, does not load at all. The words are not in the file; the cure writes those that ``--set NAME.vocabulary=[…]`` says.

    A Discretization of Keras 2 that learned its boundaries keeps a summary of what it saw; Keras 3 makes no boundaries of it: "You need to
    either pass the `bin_boundaries` argument at construction time or call `adapt(dataset)`". Keras 2 tells them
    (``layer.finalize_state(); layer.bin_boundaries``); the cure writes what ``--set NAME.bin_boundaries=[…]`` says, and lists the summary
    no more in an ``.h5``.

    An Attention or AdditiveAttention that gets a mask with its input (of an Embedding, a Masking) fails in Keras 3.0 to 3.11: no argument of it
    says otherwise. So does a GroupNormalization in Keras 2.14 and 2.15.

    Keras 3 fails with a StackedRNNCells of one cell that is masked, or of one LSTMCell that is unrolled: "The two structures don't have the same
    nested structure". The cure takes the cell without the stack.

    A layer that Keras cannot quantize (all but Dense, EinsumDense and the Embeddings) has a quantized dtype policy that somebody wrote:
    "Layer Conv2D does not have a `_int8_call` method implemented". The cure writes the policy that it would be quantized from.

    A recurrent layer that Keras 2 called with numbers for its ``initial_state`` gets them as lists, for want of a tensor: "Too few leaves for
    PyTreeSpec". The cure writes tensors that the file holds.

    An operation that was called with a number of NumPy (``bitwise_and(x, np.int32(3))``) asks it for its dtype, and the file holds a plain number:
    "'int' object has no attribute 'dtype'". The cure writes an array of one number.

    Keras 2 has CuDNNLSTM and CuDNNGRU, and runs them on an Nvidia GPU alone: a warning there. In a ``.keras`` archive 2.13 to 2.15 do not find them ("Could not locate class"): an ``.h5`` serves.
    """
    yield from _kernels_of_a_gpu(document, target)
    yield from _without_boundaries(document, target)
    yield from _lost_words(document, target)
    yield from narrow_masks(document, target)
    yield from masked_groups(document, target)
    yield from lone_cells(document, target)
    yield from unquantized(document, target)
    yield from states_of_numbers(document, target)
    yield from bare_numbers(document, target)
    if document.format.native:
        yield from _unfit_steps(document, target)
    yield from unfit_schedules(document, target)
    yield from unfit_forms(document, target)
    yield from functions_as_texts(document, target)


def _kernels_of_a_gpu(document: Document, target: Target) -> Iterator[Finding]:
    for call in calls(document, target) if habits.RUNS_CUDNN_LAYERS.of(target) else ():
        if call.node.class_name not in TWINS or call.found is None:
            continue
        if document.format.native and habits.LOSES_CUDNN_LAYERS_OF_ARCHIVES.of(target):
            yield Finding(
                call.node.at,
                f"{target} does not find {call.node.class_name} {call.node.name!r} in a .keras archive, in its own neither; in an .h5 it does",
                needs=(AS_H5,),
                layer=call.node.name,
                keras_says=f"TypeError: Could not locate class '{call.node.class_name}'. Make sure custom classes are decorated with …",
            )
        else:
            yield Finding(
                call.node.at,
                f"{call.node.class_name} {call.node.name!r} runs on an Nvidia GPU alone in {target}",
                layer=call.node.name,
                keras_says="InvalidArgumentError: No OpKernel was registered to support Op 'CudnnRNN'",
                mild=True,
            )


def _lost_words(document: Document, target: Target) -> Iterator[Finding]:
    files, some = {node.at: name for node, name in without_assets(document)}, has_assets(document)
    for node in without_words(document):
        at, told = node.at / "config" / WORDS, told_words(node, target)
        written = () if told is None else (Edit(at, old=node.config.get(WORDS, ABSENT), new=told),)
        asked = Need("FILE", f"the vocabulary of {node.name!r}", "the .keras of the model as it was saved holds it")
        if not weighs_words(node):
            asked = Need("--set", f"{node.name}.{WORDS}=[…]", "the words in their order; a .keras of the model holds them")
        yield Finding(
            at,
            f"the words that {node.class_name} {node.name!r} looks up are not in the file: "
            + _gone(document, files.get(node.at, "") if some else ""),
            repair=Repair(f"write the {len(told)} words that you give", written) if told is not None else None,
            needs=() if told is not None else (asked,),
            layer=node.name,
            keras_says=f"ValueError: A total of … objects could not be loaded. Example error message for object <{node.class_name} name={node.name}"
            if some
            else "FailedPreconditionError: Table not initialized."
            if target.keras_3 or document.format.native
            else "NotImplementedError: Save or restore weights that is not an instance of `tf.Variable` is not supported in h5",
        )


def _gone(document: Document, missing: str) -> str:
    if missing:
        return f"{missing}, which Keras opens, is not there or empty"
    return "its assets are gone" if document.format.native else "an .h5 has no room for what adapt() learned"


def _without_boundaries(document: Document, target: Target) -> Iterator[Finding]:
    for node in without_boundaries(document, target):
        at = node.at / "config" / BOUNDARIES
        told = told_of(node, BOUNDARIES, target)
        count = Edit(node.at / "config" / "num_bins", old=node.config["num_bins"], new=None)
        write = Edit(at, old=node.config.get(BOUNDARIES, ABSENT), new=told)
        edits = (write, count, *_without_summary(document, node))
        yield Finding(
            at,
            f"the boundaries that Discretization {node.name!r} has learned are not in its config, where Keras 3 looks for them",
            repair=Repair(f"write the boundaries {told}", edits) if told is not None else None,
            needs=()
            if told is not None
            else (Need("--set", f"{node.name}.{BOUNDARIES}=[…]", "Keras 3 does not make them of the summary"),),
            layer=node.name,
            keras_says="ValueError: You need to either pass the `bin_boundaries` argument at construction time or call `adapt(dataset)`",
        )


def _without_summary(document: Document, node: Node) -> Iterator[Edit]:
    """An ``.h5`` has a group for the summary, among the layers with weights: that of Keras 3 has none (K705)."""
    listed = document.at(NAMES)
    if not document.format.native and isinstance(listed, list) and listed.count(node.name) == 1:
        yield Edit(NAMES, old=listed, new=[name for name in listed if name != node.name])


def _unfit_steps(document: Document, target: Target) -> Iterator[Finding]:
    training = document.training
    if not habits.KEEPS_NULL_STEPS.of(target) or not isinstance(training, Mapping) or "steps_per_execution" not in training:
        return
    steps = training["steps_per_execution"]
    if not isinstance(steps, int) or steps < 1:
        yield Finding(
            AT,
            f"steps_per_execution is {json.dumps(steps)}: the model loads, and predict() fails",
            repair=Repair("write steps_per_execution 1", (Edit(AT, old=steps, new=1),)),
            keras_says=_of_steps(steps),
        )


def _of_steps(steps: Json) -> str | None:
    if steps is None or isinstance(steps, str):
        return f"TypeError: '>' not supported between instances of '{type(steps).__name__}' and 'int'"
    return "ValueError: range() arg 3 must not be zero" if steps == 0 else None
