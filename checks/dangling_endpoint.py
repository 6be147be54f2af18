from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.output_counts import returns_one
from kdoctor.saved_release import release_of
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import Model, all_models
from kdoctor.structure.sources import Source
from kdoctor.target import Target

from ._attention_scores import CURE, is_lost
from ._only_tensor import renumbered

KERAS_3 = (3, 0)
WORDS = {"input_layers": "input", "output_layers": "output"}


@check("K209", Severity.ERROR, since="0.1.0")
def dangling_endpoint(document: Document, target: Target) -> Iterator[Finding]:
    """A Functional model declares no inputs or outputs, or some that none of its layers makes.

    Keras says "`inputs` argument cannot be empty", or "Internal error: could not find layer dense_3". Of the scores of an Attention
    (``return_attention_scores``), which Keras 3.0 to 3.7 do not hand on, and of a MultiHeadAttention in Keras 3.0 to 3.2, it says "list index out of range".

    A tensor may also be a call or an output that its layer does not have (``["dense", 0, 1]``): "list index out of range".

    Keras 2 refuses an input that is declared twice: "The list of inputs passed to the model contains the same input multiple times". A file that
    an earlier Keras than 3 saved has been edited since; Keras 3 takes it, with an array for each.

    When the inputs are not declared and the model has exactly one InputLayer, the cure declares that one. Otherwise the order of the
    inputs, or what the outputs are, is not in the file. Where a layer makes one tensor alone, that one's numbers are written.
    """
    for model in all_models(document):
        if model.functional:
            told = habits.NUMBERS_CALLS_OF_ALL_MODELS.at(document.saved_by().keras)
            for key, word in WORDS.items():
                yield from _dangling(model, key, word, told)
            saved = release_of(document)
            old = saved is not None and saved < KERAS_3
            yield from _twice(model, old) if old or not target.keras_3 else ()
            yield from _scores(model, target)


def _twice(model: Model, old: bool) -> Iterator[Finding]:
    """Keras 3 takes such a model, and saves it; Keras 1 and 2 do neither (engine/functional.py, _validate_graph_inputs_and_outputs)."""
    counted = Counter(model.endpoints("input_layers"))
    again = next((source.layer for source, times in counted.items() if times > 1), None)
    if again is not None:
        repair = _once(model) if old else None
        need = Need("FILE", "the model before it was edited", "the file does not say how many inputs it has")
        says = (
            "ValueError: The list of inputs passed to the model contains the same input multiple times. All inputs should only appear once."
        )
        yield Finding(
            model.node.at / "config" / "input_layers",
            f"the model {model.node.name!r} declares the input {again!r} twice" + (", which no Keras before 3 saves" if old else ""),
            repair=repair,
            needs=() if repair else (need,),
            keras_says=says,
        )


def _once(model: Model) -> Repair | None:
    """Each input once, where that leaves one order alone, nothing calls the model, and none of its inputs may be the one that was meant."""
    stored, declared = model.node.config["input_layers"], model.endpoints("input_layers")
    if model.node.at.keys or not isinstance(stored, list) or len(stored) != len(declared):
        return None
    if {source.layer for source in declared} != {layer.key for layer in model.layers if layer.class_name == "InputLayer"}:
        return None
    kept = dict(zip(declared, stored, strict=True))
    last = dict(zip(reversed(declared), reversed(stored), strict=True))
    if [*kept] != [*reversed(last)]:
        return None
    edit = Edit(model.node.at / "config" / "input_layers", old=stored, new=[*kept.values()])
    return Repair("declare each input once", (edit,))


def _scores(model: Model, target: Target) -> Iterator[Finding]:
    known = {layer.key: layer for layer in model.layers}
    for source in model.endpoints("output_layers"):
        if is_lost(source, known.get(source.layer), target):
            message = f"the model {model.node.name!r} declares the scores of {source.layer!r} as an output, which {target} does not hand on"
            at = model.node.at / "config" / "output_layers"
            yield Finding(at, message, repair=CURE, layer=source.layer, keras_says="IndexError: list index out of range")


def _dangling(model: Model, key: str, word: str, told: bool) -> Iterator[Finding]:
    known = {layer.key: layer for layer in model.layers}
    declared = model.endpoints(key)
    place = model.node.at / "config" / key
    missing = [source.layer for source in declared if source.layer not in known]
    if missing:
        need = Need("FILE", "the whole model", f"the {word} {missing[0]!r} is not among its layers")
        message = f"the model {model.node.name!r} declares the {word} {missing[0]!r}, which none of its layers makes"
        yield Finding(place, message, needs=(need,), keras_says=f"RuntimeError: Internal error: could not find layer {missing[0]}.")
    uncalled = [name for name in (source.layer for source in declared) if name in known and _is_never_called(known[name])]
    if uncalled:
        need = Need("FILE", "the whole model", f"{uncalled[0]!r} is connected to nothing")
        message = f"the model {model.node.name!r} declares the {word} {uncalled[0]!r}, a layer that is never called"
        yield Finding(place, message, needs=(need,), keras_says="IndexError: list index out of range")
    for source in declared:
        what = _lacking(known[source.layer], source, told) if source.layer in known and source.layer not in uncalled else None
        if what is not None:
            need = Need("FILE", "the model before it was edited", f"the file does not say which tensor of {source.layer!r} was meant")
            message = f"the model {model.node.name!r} declares the {word} {source.layer!r}, {what}"
            repair = renumbered(model, source, place, model.node.config[key])
            says = "IndexError: list index out of range"
            yield Finding(place, message, repair=repair, needs=() if repair else (need,), layer=source.layer, keras_says=says)
    if not declared:
        repair = _only_input(model) if key == "input_layers" else None
        need = Need("FILE", f"the order of the {word}s", f"the file does not say which tensors are the {word}s")
        yield Finding(
            place,
            f"the model {model.node.name!r} declares no {word}s",
            repair=repair,
            needs=() if repair else (need,),
            keras_says=f"ValueError: `{word}s` argument cannot be empty. Received:",
        )


def _lacking(layer: Layer, source: Source, told: bool) -> str | None:
    """Which call or output of a layer a declared tensor would be that it does not have; None where it has it.

    ``told``: the calls are numbered as in other models, too (K604).
    """
    if source.output > 0 and returns_one(layer.node):
        return f"of which there is no output {source.output}: it returns one tensor (counted from 0)"
    if (not told or layer.class_name == "InputLayer") and not is_model(layer.node) and source.call >= max(1, len(layer.calls)):
        return f"of which there is no call {source.call} (counted from 0)"
    return None


def _is_never_called(layer: Layer) -> bool:
    return layer.class_name != "InputLayer" and not layer.calls


def _only_input(model: Model) -> Repair | None:
    inputs = [layer.key for layer in model.layers if layer.class_name == "InputLayer"]
    if len(inputs) != 1:
        return None
    stored: Json = model.node.config.get("input_layers", ABSENT)
    edit = Edit(model.node.at / "config" / "input_layers", old=stored, new=[[inputs[0], 0, 0]])
    return Repair(f"declare the only InputLayer, {inputs[0]!r}, as the input", (edit,))
