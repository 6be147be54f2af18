from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Severity, check
from kdoctor.claims import claims
from kdoctor.document import Document, Json
from kdoctor.keras_api.slots import has_rate, slots
from kdoctor.pointer import Pointer
from kdoctor.stored import accountable
from kdoctor.target import Target

STATE = "optimizer/vars/"
OWN = 2  # iterations and learning rate: all that an optimizer has before the first step (keras/src/optimizers/base_optimizer.py)


@check("K503", Severity.WARNING, since="0.1.0")
def optimizer_state_mismatch(document: Document, target: Target) -> Iterator[Finding]:
    """The stored state of the optimizer does not fit the variables that the model trains.

    A layer was frozen after training, arrays were lost, or someone cut them out. Keras says "Skipping variable loading for optimizer
    'adam', because it has 10 variables whereas the saved optimizer has 2 variables", and starts the optimizer afresh without another
    word. Predictions are not touched; going on with the training starts from a standstill.

    There is nothing to cure: moments that are not in the file cannot be made up.
    """
    training = document.training
    optimizer = training.get("optimizer") if isinstance(training, Mapping) else None
    if not document.format.native or not isinstance(optimizer, Mapping) or not accountable(document):
        return
    expected, stored = _expected(document, optimizer), sum(path.startswith(STATE) for path in document.weights)
    if expected is None or stored in (OWN, expected):
        return
    name = str(optimizer.get("class_name"))
    yield Finding(
        Pointer("training") / "optimizer",
        f"the state of the optimizer {name} has {stored} arrays, and the model's variables need {expected}: training starts afresh",
        keras_says=f"UserWarning: Skipping variable loading for optimizer '{name.lower()}', because it has {expected} variables whereas the "
        f"saved optimizer has {stored} variables.",
    )


def _expected(document: Document, optimizer: Mapping[str, Json]) -> int | None:
    """Arrays of a trained optimizer: its own, and some for each trained variable; None where one of these is not known."""
    config = optimizer.get("config")
    settings = config if isinstance(config, Mapping) else {}
    groups = slots(str(optimizer.get("class_name")), settings)
    found = claims(document)
    if groups is None or any(claim.variables is None for claim in found):
        return None
    trained = sum(variable.trainable and variable.weight for claim in found for variable in claim.variables or ())
    return 1 + has_rate(settings) + sum(map(len, groups)) * trained
