"""What K503 tells of the state of an optimizer within a LossScaleOptimizer, whether the file says so or ``compile`` of Keras 3 made it."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.loss_scaling import SCALING, held, wrapped
from kdoctor.pointer import Pointer
from kdoctor.target import StateWish, Target
from kdoctor.weights.optimizer import INNER, NATIVE, optimizer_of
from kdoctor.weights.optimizer_state import expected_shapes
from kdoctor.weights.thawed import as_trained

AT = Pointer("training") / "optimizer"
NEW = 3
# What these keep beside their slots is in no file then: optimizers/nadam.py and loss_scale_optimizer.py, build.
LOSING = frozenset({"Nadam"})


def wrapped_by_compile(document: Document, target: Target) -> Iterator[Finding]:
    """``compile`` of Keras 3 puts a LossScaleOptimizer around the optimizer of a model in mixed_float16, stores the state of both, and names the
    one within alone. ``load_model`` makes that one, unless mixed_float16 is the policy of all that is made then (run in 3.0.5 and 3.15.1)."""
    name, config = optimizer_of(document)
    keys = sum(path.startswith(NATIVE) for path in document.weights)
    if name in ("", SCALING) or not target.keras_3 or document.saved_by().major != NEW or not _is_doubled(document):
        return
    outer = wrapped(_written_out(document, target))
    expected = expected_shapes(as_trained(document, target), SCALING, outer["config"], target)
    alone = expected_shapes(as_trained(document, target), name, config, target)
    if expected is None or alone is None or keys != len(expected) or held(outer["config"]) is None:
        return
    title = f"write that LossScaleOptimizer, as a model in mixed_float16 is trained by {target}"
    stated = document.at(AT)
    yield Finding(
        AT,
        f"the state is that of a LossScaleOptimizer around {name}, and the file names {name} alone: training starts afresh",
        repair=Repair(title, (Edit(AT, old=stated, new=outer),)),
        keras_says=f"UserWarning: Skipping variable loading for optimizer '{name.lower()}', because it has {len(alone)} variables whereas the "
        f"saved optimizer has {keys} variables.",
        mild=target.given.state is not StateWish.KEEP,
    )


def _is_doubled(document: Document) -> bool:
    return any(path.startswith(INNER) for path in document.weights)


def _written_out(document: Document, target: Target) -> Json:
    """The optimizer as an object; a name alone stands for one with default settings."""
    stated = document.at(AT)
    known = Catalogue.load(target.release, target.family).function("optimizer", stated) if isinstance(stated, str) else None
    if known is None:
        return stated
    return {"module": "keras.optimizers", "class_name": known.name, "config": dict(known.parameters), "registered_name": None}


def product_within(document: Document, target: Target) -> Iterator[Finding]:
    """What Keras 3 itself leaves out of its files, and begins anew whenever it loads one."""
    name, config = optimizer_of(document)
    inner = held(config) if name == SCALING else None
    if inner is None or inner[0] not in LOSING or not target.keras_3:
        return
    yield Finding(
        AT,
        f"{inner[0]} within a LossScaleOptimizer keeps the product of its momentum in no file: {target} goes on with the state, but the first "
        "steps are longer than they were",
        mild=target.given.state is not StateWish.KEEP,
    )
