from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.structure.models import models
from kdoctor.target import Target


@check("K611", Severity.WARNING, mild=Severity.INFO, since="0.1.0")
def input_order_changed(document: Document, target: Target) -> Iterator[Finding]:
    """The model has several inputs, and the target hands them out otherwise than the release that saved it.

    A model of the inputs ``[b, a]`` that is fed a dict takes it by name; Keras 3.4 to 3.6 took it in the order of the sorted keys
    instead, and exchanged the inputs without a word when their shapes agree. A model of the inputs ``{"b": …, "a": …}`` that is fed a
    list took it in the order of the sorted keys; since Keras 3.8 it says "The structure of `inputs` doesn't match the expected structure".

    There is no cure in the file: feed a list in the order of the model's inputs to the first, a dict to the second.
    """
    saved = document.saved_by().keras
    for model in models(document):
        declared = model.node.config.get("input_layers")
        names = [source.layer for source in model.endpoints("input_layers")]
        if model.nested or len(names) < 2:
            continue
        at = model.node.at / "config" / "input_layers"
        order = ", ".join(repr(name) for name in names)
        if isinstance(declared, dict):
            if habits.REFUSES_LISTS_FOR_DICTS.of(target) and not habits.REFUSES_LISTS_FOR_DICTS.at(saved):
                yield Finding(at, f"{target} wants the inputs {order} as a dict; a list, which was accepted, is refused", mild=True)
        elif names != sorted(names) and habits.SORTS_DICTS.of(target) is not habits.SORTS_DICTS.at(saved):
            how = "in the order of its sorted keys" if habits.SORTS_DICTS.of(target) else "by name"
            other = "by name" if habits.SORTS_DICTS.of(target) else "in the order of its sorted keys"
            yield Finding(
                at,
                f"fed a dict, {target} takes it {how}, the Keras that saved the model took it {other}: feed a list, in the order {order}",
            )
