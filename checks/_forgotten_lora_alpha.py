"""The strength of LoRA in an ``.h5``, which Dense and Embedding forget when they are built from their configs."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.variables.dense import LOW_RANK
from kdoctor.pointer import Pointer
from kdoctor.recipe import scale
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target
from kdoctor.weights.claims import claims
from kdoctor.weights.stored_h5 import ledger

FORGETFUL = ("Dense", "Embedding", "ReversibleEmbedding")  # EinsumDense and the convolutions hand it on


def forgotten_alpha(document: Document, target: Target) -> Iterator[Finding]:
    """Each such layer. An archive holds kernels with what LoRA learned added to them, whatever its strength was."""
    if document.format.native or not habits.FORGETS_LORA_ALPHA.of(target):
        return
    for node in objects_named(document, FORGETFUL):
        strength = _strength(node)
        if node.at.part != "config" or strength == 1:
            continue
        alpha, rank = node.config["lora_alpha"], node.config["lora_rank"]
        scaled = _strengthened(document, node, strength)
        edits = (*scaled, Edit(node.at / "config" / "lora_alpha", old=alpha, new=rank)) if scaled else ()
        yield Finding(
            node.at / "config" / "lora_alpha",
            f"{target} forgets the lora_alpha {alpha} of {node.name!r} when it builds the layer: what LoRA learned counts once instead of "
            f"{strength:g} times",
            repair=Repair(f"multiply its second matrix by {strength:g}, and state the lora_alpha {rank}", edits) if edits else None,
            layer=node.name,
        )


def _strength(node: Node) -> float:
    """How many times what LoRA learned counts; 1 where that is not said."""
    rank, alpha = node.config.get("lora_rank"), node.config.get("lora_alpha")
    told = isinstance(rank, int) and rank > 0 and isinstance(alpha, (int, float)) and not isinstance(alpha, bool) and isfinite(alpha)
    return alpha / rank if told and alpha is not None and rank is not None else 1


def _strengthened(document: Document, node: Node, factor: float) -> tuple[Edit, ...]:
    """The second of the layer's two matrices times a factor; none where it is not known which array that is."""
    found = ledger(document)
    place = next((claim.place for claim in claims(document) if claim.node.at == node.at), None)
    for row, group in found.pairs if found is not None else ():
        for variable, name, weight in zip(row.variables or (), group.names, group.weights, strict=False):
            second = variable.role.startswith(LOW_RANK) and variable.role.endswith("_b")
            own = f"{row.place}/{variable.path}" == f"{place}/vars/{variable.role}"
            if second and own and weight is not None and weight.shape == variable.shape:
                made = Weight.made(scale(weight.numbers, factor))
                return (Edit(Pointer("weights", (f"{group.path[1:]}/{name}",)), old=weight, new=made),)
    return ()
