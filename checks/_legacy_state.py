"""What K503 tells of the state of an optimizer in an ``.h5``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document, Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.compile_reader import mentions
from kdoctor.keras_api.loss_scaling import CALLED_OTHERWISE, computing
from kdoctor.keras_api.slots import has_rate, slots
from kdoctor.pointer import Pointer
from kdoctor.target import StateWish, Target
from kdoctor.weights.optimizer import LEGACY, has_state, optimizer_of, stored_state
from kdoctor.weights.optimizer_state import is_text, without_state

from ._optimizer_names import misnamed
from ._trained import trained_weights

AT = Pointer("training")
AFRESH = "WARNING: Error in loading the saved optimizer state. As a result, your model is starting with a freshly initialized optimizer."


def legacy_mismatch(document: Document, target: Target) -> Iterator[Finding]:
    """Of an ``.h5``: Keras 2 says so in a warning, Keras 3 never gets as far."""
    trained = trained_weights(document)
    name, config = optimizer_of(document)
    if text := _steps_of_text(document, target):
        yield text
        return
    if vain := _built_in_vain(document, target):
        yield vain
        return
    if (unlisted := misnamed(document).strays) and _known(name, config):
        yield _unlisted(name, unlisted)
        return
    if trained is None or not has_state(document) or not _known(name, config) or stored_state(document, trained) is not None:
        return
    yield Finding(
        AT / "optimizer_config",
        f"the state of the optimizer {name} is not that of the {len(trained)} variables that the model trains: training starts afresh",
        keras_says=AFRESH,
        mild=True,
    )


def _steps_of_text(document: Document, target: Target) -> Finding | None:
    """Keras 3 reads the first array of an ``.h5`` into the steps, before it looks whether the others fit (run in 3.15.1)."""
    names = document.attributes.get(f"/{LEGACY}", {}).get("weight_names")
    first = document.weights.get(f"{LEGACY}/{names[0]}") if isinstance(names, list) and names else None
    if first is None or not is_text(first) or first.shape != () or not target.keras_3:
        return None
    safety = Safety.UNSAFE if target.purpose == "training" else Safety.SAFE
    return Finding(
        AT / "optimizer_config",
        "the number of steps that the optimizer has taken is text",
        repair=Repair("leave the optimizer's state out", without_state(document), safety),
        keras_says="UnimplementedError: Cast string to int64 is not supported",
    )


def _built_in_vain(document: Document, target: Target) -> Finding | None:
    """``build`` of a LossScaleOptimizerV3 builds the optimizer within, and its ``set_weights`` asks whether it was built itself."""
    if not habits.BUILDS_SCALING_IN_VAIN.of(target) or not has_state(document):
        return None
    computes = computing(*optimizer_of(document))
    if computes is not None and slots(*computes) == () and has_rate(computes[1]):
        return None  # SGD without momentum stores arrays in Keras 2, with which it computes nothing
    found = next((one.found for one in mentions(document, target) if one.kind == "optimizer" and not one.given), None)
    if found is None or found.name not in CALLED_OTHERWISE:
        return None
    return Finding(
        AT / "optimizer_config",
        f"{target} reads no state of a {found.name} from an .h5, not even its own: training starts afresh",
        keras_says=AFRESH,
        mild=target.given.state is not StateWish.KEEP,
    )


def _unlisted(name: str, strays: tuple[str, ...]) -> Finding:
    return Finding(
        AT / "optimizer_config",
        f"the state of the optimizer {name} holds {len(strays)} arrays that its list does not name, {strays[0]} first: nobody reads them",
        mild=True,
    )


def _known(name: str, config: Mapping[str, Json]) -> bool:
    computes = computing(name, config)
    return computes is not None and slots(*computes) is not None
