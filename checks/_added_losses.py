"""Losses and metrics that ``add_loss`` and ``add_metric`` of Keras 2 hang into a Functional model as layers: Keras 3 has neither."""

from __future__ import annotations

from typing import Final

from kdoctor.check import Repair, Safety
from kdoctor.document import Document
from kdoctor.graph.surplus_layers import Surplus
from kdoctor.structure.models import Model, home_of
from kdoctor.structure.objects import Node
from kdoctor.target import Target

ADDED: Final = frozenset({"AddLoss", "AddMetric"})


def without_added(document: Document, node: Node, target: Target) -> Repair | None:
    """No output needs them, nor the operations that lead to them alone: they are left out together, and the model predicts the same."""
    home = home_of(document, node.at) if node.class_name in ADDED else None
    if home is None or not home[0].functional or home[0].cut:
        return None
    surplus = Surplus(document, home[0])
    added = [layer for layer in home[0].layers if layer.class_name in ADDED]
    if not surplus.whole or any(layer.key in surplus.needed for layer in added):
        return None
    edits = surplus.pruned({})
    safety = Safety.UNSAFE if target.purpose == "training" else Safety.SAFE
    title = (
        "leave out what no output needs, the losses and metrics that were added: predictions stay, and training does not heed them any more"
    )
    return None if edits is None else Repair(title, edits, safety)


def gone_with_added(document: Document, model: Model, target: Target) -> tuple[Repair | None, frozenset[str]]:
    """The repair that leaves the added losses and metrics out of a model, and the keys of the layers that go with them; else neither."""
    added = next((layer.node for layer in model.layers if layer.class_name in ADDED), None)
    repair = None if added is None else without_added(document, added, target)
    return (None, frozenset()) if repair is None else (repair, frozenset(layer.key for layer in Surplus(document, model).layers))
