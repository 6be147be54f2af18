from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import ABSENT, Document, Format, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.loss_scaling import OWN, SCALING, computing, held
from kdoctor.keras_api.slots import has_rate
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.pointer import Pointer
from kdoctor.saved_release import origin_of
from kdoctor.target import StateWish, Target
from kdoctor.training.carried_state import carried
from kdoctor.training.state_order import moves_of_state, moves_told_by_release, ordered_for
from kdoctor.weights.optimizer import COUNTERS, INNER, NATIVE, has_state, never_trained, optimizer_of
from kdoctor.weights.optimizer_state import expected_shapes, is_text, misfit, state_arrays, without_state
from kdoctor.weights.rearrange import edits as moved
from kdoctor.weights.stored import written
from kdoctor.weights.thawed import as_trained, thawed
from kdoctor.weights.todays_state import state_as_stored, state_for_keras_3

from ._given_training import as_given
from ._legacy_state import legacy_mismatch
from ._optimizer_names import cure, misnamed
from ._scaled_state import product_within, wrapped_by_compile
from ._trained import trained_weights

AT = Pointer("training")
SHOWN = 3
OLDER = 2
# What Keras 3 keeps of these beside their slots, and Keras 2 stored nowhere.
KEPT_BESIDE = {"Nadam": "the product of its momentum"}
COMPILE = Need("--compile", "optimizer=…,loss=…,metrics=…", "the file does not say which optimizer trained the model")
DROP = Need("--drop-optimizer", "", "fit() works without the state, and starts afresh")


NULL = Finding(
    AT / "optimizer",
    "the optimizer is null, and Keras 3 builds it all the same",
    repair=Repair(
        "leave the null out: Keras takes RMSprop, and predictions stay what they are", (Edit(AT / "optimizer", old=None, new=ABSENT),)
    ),
    keras_says="AttributeError: 'NoneType' object has no attribute 'build'",
)


@check("K503", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def optimizer_state_mismatch(document: Document, target: Target) -> Iterator[Finding]:
    """The stored state of the optimizer does not fit the variables that the model trains.

    A layer was frozen after training, arrays were lost, or someone cut them out; or Keras 3 trains what is frozen in the file (K609). Keras says "Skipping variable loading for optimizer
    'adam', because it has 10 variables whereas the saved optimizer has 2 variables", and starts the optimizer afresh without another
    word: a warning, and an error with ``--keep-optimizer``. There is nothing to cure then, as moments that are not in the file cannot be
    made up. An archive of Keras 2 lacks the learning rate alone, which Keras 3 keeps beside the steps: the cure writes it there. Arrays of
    other shapes are an error ("A total of 1 objects could not be loaded"): the state is left out, and the predictions stay what they are.

    A LossScaleOptimizer keeps the arrays of the optimizer that it holds twice, and Keras reads both. Keras 2 stores them alone, without
    the steps and the scale of Keras 3: the cure writes these beside them, the scale as the config has it, with which Keras 2 begins, too.
    ``compile`` of Keras 3 makes one by itself for a model in mixed_float16, and names the one that it holds; the cure names both. Nadam in
    one loses the product of its momentum, which no file has.

    Nadam of Keras 3.0 to 3.9 keeps the product of its momentum before the moments, since 3.10 it stands behind them; and an optimizer with ``use_ema``
    and ``gradient_accumulation_steps`` kept both in turn for each variable. The cure moves them: training goes on as if nothing had happened.
    Where all variables are of one shape, Keras mixes them up without a word: the release that saved the file tells the order then, and the
    cure notes in the metadata for which release it put them in order. Within a LossScaleOptimizer they are moved in both places.

    An array that is missing from its list in an ``.h5`` ("KeyError: 'sequential_dense_kernel_velocity'"), or has another number than those
    that Keras counts in an archive, is an error. Where one name is without its array and one array, of the right shape, without its name,
    they belong together; else the state is left out.

    Keras 2.11 to 2.15 read no state of a LossScaleOptimizer around their own optimizers from an ``.h5``, which they saved: a warning. In an archive they do.

    A compiled ``.h5`` with optimizer state loads in Keras 3, but cannot be trained: "Unknown variable: … This optimizer can only be
    called for the variables it was originally built with". That is an error with ``--for training``. The cure writes a ``.keras``
    archive, with the state where it maps; with ``--drop-optimizer`` the file stays an ``.h5``, and the optimizer starts afresh.

    A model that was saved as ``.h5`` first and as ``.keras`` then has lost its optimizer in the archive (all of Keras 3): Keras takes
    RMSprop without a word. ``--compile optimizer=…,loss=…`` says what it was.

    ``--drop-optimizer`` leaves the state out of any file, for one that shall only predict: with Adam it is two thirds of the file. It is
    gone then, which changes nothing but training. ``--keep-optimizer`` refuses a conversion that would lose it.
    """
    training = document.training
    if not isinstance(training, Mapping) or document.format not in (Format.KERAS_ZIP, Format.KERAS_DIR, Format.H5_MODEL):
        return
    if target.given.state is StateWish.DROP and (edits := without_state(document)):
        yield _unwanted(document, edits)
        return
    if document.format.native and habits.TAKES_RMSPROP_FOR_NONE.of(target) and training.get("optimizer") is None:
        if "optimizer" in training:
            yield NULL
            return
        yield _nameless(document, target)
        return
    if lost := _misnamed(document, target):
        yield lost
        return
    trains = target.purpose == "training" or target.given.state is StateWish.KEEP
    if trains and habits.BUILDS_FOR_NO_VARIABLES.of(target) and "/optimizer_weights" in document.attributes:
        yield _cannot_fit(document, target)
        return
    if moves := moves_of_state(document, target):
        yield _in_another_order(document, target, moves)
        return
    if mixed := moves_told_by_release(document, target):
        yield _mixed_up(document, target, mixed)
    yield from _mismatch(document, target) if document.format.native else legacy_mismatch(document, target)


def _in_another_order(document: Document, target: Target, moves: tuple[tuple[str, str], ...]) -> Finding:
    name = optimizer_of(document)[0]
    what, stands = _elsewhere(document)
    return Finding(
        AT / "optimizer",
        f"the state of the optimizer {name} is in another order than {target} reads it: {what} {stands} elsewhere",
        repair=Repair("put the optimizer's arrays in that order", moved(document, moves)),
        keras_says=f"ValueError: A total of {1 + (name == SCALING)} objects could not be loaded. Example error message for object "
        f"<keras.src.optimizers….{name}>",
    )


def _elsewhere(document: Document) -> tuple[str, str]:
    """What stands in another order, and the verb that goes with it."""
    name, config = computing(*optimizer_of(document)) or ("", {})
    if config.get("gradient_accumulation_steps") and config.get("use_ema"):
        return "the averages and the gathered gradients", "stand"
    return KEPT_BESIDE.get(name, ""), "stands"


def _mixed_up(document: Document, target: Target, moves: tuple[tuple[str, str], ...]) -> Finding:
    title = f"put the optimizer's arrays in that of {target}, and say so in metadata.json"
    return Finding(
        AT / "optimizer",
        f"the averages and the gathered gradients of the optimizer {optimizer_of(document)[0]} are in the order of Keras {origin_of(document)}, "
        f"which is not that of {target}; all have one shape: Keras takes each for another without a word",
        repair=Repair(title, (*moved(document, moves), ordered_for(document, target))),
        mild=True,
    )


def _misnamed(document: Document, target: Target) -> Finding | None:
    """Keras opens the arrays of an ``.h5`` by a list; those of an archive by number, where there are as many as it expects."""
    found, name, expected = misnamed(document), *_expected(document, target)
    if not found.missing or (document.format.native and (expected is None or len(expected) != _keys(document))):
        return None
    rest = f"; {found.strays[0]} stands there instead" if found.strays else ""
    says = "ValueError: A total of 1 objects could not be loaded" if document.format.native else f"KeyError: {found.missing[0]!r}"
    return Finding(
        AT / ("optimizer" if document.format.native else "optimizer_config"),
        f"the state of the optimizer {name} has no array {', '.join(found.missing[:SHOWN])}{rest}",
        repair=cure(document, target, found, expected),
        keras_says=says,
    )


def _expected(document: Document, target: Target) -> tuple[str, tuple[Shape | None, ...] | None]:
    """The optimizer, and the shapes of its arrays in an archive."""
    name, config = optimizer_of(document)
    trained = as_trained(document, target)
    return name, expected_shapes(trained, name, config, target) if document.format.native else None


def _keys(document: Document) -> int:
    return sum(path.startswith(NATIVE) for path in document.weights)


def _unwanted(document: Document, edits: tuple[Edit, ...]) -> Finding:
    found = state_arrays(document)
    size = sum(weight.bytes for weight in found.values())
    message = f"the optimizer's state is in the file: {len(found)} arrays, {size:,} bytes, which predictions do not need"
    return Finding(AT, message, repair=Repair("leave it out, as you asked", edits), mild=True)


def _nameless(document: Document, target: Target) -> Finding:
    repair = as_given(document, target)
    return Finding(
        AT,
        "the compile_config names no optimizer: Keras takes RMSprop, whatever trained the model",
        repair=repair,
        needs=() if repair else (COMPILE,),
        mild=target.purpose != "training",
    )


def _cannot_fit(document: Document, target: Target) -> Finding:
    trained = trained_weights(document) or ()
    maps = not has_state(document) or (state_for_keras_3(document, trained) or state_as_stored(document, trained, target)) is not None
    title = "write a .keras archive, with the optimizer's state" if maps else "write a .keras archive, in which the optimizer starts afresh"
    return Finding(
        AT,
        "the model loads, but cannot be trained: Keras builds the optimizer of an .h5 for no variables when state is stored for it"
        + ("" if maps else f"; the state of {optimizer_of(document)[0] or 'the optimizer'} cannot be taken along"),
        repair=Repair(title, native=True),
        needs=(DROP,),
        keras_says="ValueError: Unknown variable: <Variable path=…>. This optimizer can only be called for the variables it was originally "
        "built with.",
    )


def _mismatch(document: Document, target: Target) -> Iterator[Finding]:
    name, expected = _expected(document, target)
    stored = [*state_arrays(document).values()]
    if lacking := _lacking(document, target, len(stored)):
        yield _begun_anew(name, lacking, target)
        return
    if found := [*wrapped_by_compile(document, target)]:
        yield from found
        return
    alone = _keys(document) == len(stored) != len(expected or ()) and (len(stored) == COUNTERS or never_trained(document))
    if expected is None or alone:
        return
    if _keys(document) != len(expected):
        if stored or not _is_nothing_lost(document, len(expected)):
            yield _uncounted(document, target, name, len(expected))
    elif (index := misfit(expected, stored)) is not None:
        yield _misshapen(document, target, name, index, f"{_found(stored[index])}, not {written(expected[index])}")
    elif found := [*_inner_mismatch(document, target)]:
        yield from found
    elif len(stored) > COUNTERS:
        yield from product_within(document, target)


def _is_nothing_lost(document: Document, expected: int) -> bool:
    """Whether the optimizer keeps nothing but counters, and computes with none of them: SGD without momentum and schedule."""
    name, config = optimizer_of(document)
    computes = computing(name, config)
    counters = COUNTERS + (OWN if name == SCALING else 0)
    return computes is not None and expected <= counters and has_rate(computes[1])


def _lacking(document: Document, target: Target, stored: int) -> str:
    """What Keras 3 keeps of an optimizer beside its slots where Keras 2 saved the file, with more than counters; the empty text for nothing."""
    computes = computing(*optimizer_of(document))
    older = target.keras_3 and document.saved_by().major == OLDER and stored > COUNTERS
    return KEPT_BESIDE.get(computes[0], "") if older and computes is not None else ""


def _inner_mismatch(document: Document, target: Target) -> Iterator[Finding]:
    """Of the optimizer that a LossScaleOptimizer holds: Keras reads its arrays a second time, where there are as many as it expects."""
    inner = held(optimizer_of(document)[1]) if any(path.startswith(INNER) for path in document.weights) else None
    expected = None if inner is None else expected_shapes(as_trained(document, target), *inner, target, held=True)
    keys = sum(path.startswith(f"{INNER}vars/") for path in document.weights)
    if inner is None or expected is None or keys != len(expected):
        return
    stored = state_arrays(document, f"{INNER}vars/")
    lost = next((str(index) for index in range(keys) if f"{INNER}vars/{index}" not in stored), None)
    if lost is not None:
        yield _misshapen(document, target, inner[0], lost, "no place in the file")
    elif (index := misfit(expected, [*stored.values()])) is not None:
        found = _found([*stored.values()][index])
        yield _misshapen(document, target, inner[0], index, f"{found}, not {written(expected[index])}")


def _found(weight: Weight) -> str:
    return "text" if is_text(weight) else written(weight.shape)


def _begun_anew(name: str, lacking: str, target: Target) -> Finding:
    return Finding(
        AT / "optimizer",
        f"the state of the optimizer {name} lacks {lacking}, which {target} keeps and Keras 2 stored nowhere: training starts afresh",
        keras_says=f"UserWarning: Skipping variable loading for optimizer '{name.lower()}'",
        mild=target.given.state is not StateWish.KEEP,
    )


def _uncounted(document: Document, target: Target, name: str, expected: int) -> Finding:
    stored, edits = _keys(document), carried(document) if target.keras_3 and not thawed(document, target) else ()
    return Finding(
        AT / "optimizer",
        f"the state of the optimizer {name} has {stored} arrays, and the model's variables need {expected}: training starts afresh",
        repair=Repair(f"write it as {target} does, with the learning rate beside the steps", edits) if edits else None,
        keras_says=f"UserWarning: Skipping variable loading for optimizer '{name.lower()}', because it has {expected} variables whereas the "
        f"saved optimizer has {stored} variables.",
        mild=target.given.state is not StateWish.KEEP,
    )


def _misshapen(document: Document, target: Target, name: str, index: int | str, shapes: str) -> Finding:
    safety = Safety.UNSAFE if target.purpose == "training" else Safety.SAFE
    return Finding(
        AT / "optimizer",
        f"the state of the optimizer {name} is not that of the model's variables: array {index} has the shape {shapes}",
        repair=Repair("leave the optimizer's state out", without_state(document), safety),
        keras_says="ValueError: A total of 1 objects could not be loaded. Example error message for object <keras.src.optimizers…>",
    )
