"""What is said of weights whose architecture is lost: which of ``keras.applications`` they fit, and how to bring an architecture back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdoctor.check import Need
from kdoctor.document import Document

if TYPE_CHECKING:
    from kdoctor.keras_api.applications import Match

OUTER = ("model_weights", "layers", "_layer_checkpoint_dependencies")
USUAL = 1000  # classes
SAVED = "architecture saved by model.to_json(), a saved model of the same kind, or pkg.module:builder, your function that returns the model"


def fitting(document: Document) -> tuple[str, tuple[Need, ...]]:
    """What the arrays fit, for the end of a message, and what is needed: how to write that architecture down, where one fits."""
    from kdoctor.keras_api.applications import matches  # few files have lost their architecture

    found = matches(layers_of(document))
    needs = tuple(Need("--architecture", "model.json", _how(one)) for one in found if not one.layer and not one.more)
    return "".join(f"; {_told(one)}" for one in found), needs or (Need("--architecture", "model.json", f"the {SAVED}"),)


def layers_of(document: Document) -> list[tuple[str, list[tuple[int, ...]]]]:
    """The shapes of the arrays of each layer, in the order in which the file lists the layers; the optimizer's are left out."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for name in _listed(document):
        found[name] = []
    for path, weight in document.weights.items():
        if not path.startswith(("optimizer", "_optimizer")):
            found.setdefault(_layer_of(path, found), []).append(weight.shape)
    return [(name, shapes) for name, shapes in found.items() if shapes]


def _listed(document: Document) -> Iterator[str]:
    for group in ("/model_weights", "/"):
        names = document.attributes.get(group, {}).get("layer_names")
        yield from (name for name in (names if isinstance(names, list) else ()) if isinstance(name, str))


def _layer_of(path: str, listed: dict[str, list[tuple[int, ...]]]) -> str:
    steps = path.replace("\\", "/").split("/")
    while len(steps) > 1 and steps[0] in OUTER:
        steps = steps[1:]
    around = ("/".join(steps[:end]) for end in range(len(steps) - 1, 0, -1))
    return next((name for name in around if name in listed), steps[0])


def _told(one: Match) -> str:
    if one.layer:
        return f"the layer {one.layer!r} fits {one.call}"
    if one.more:
        return f"fits {one.call} with layers of your own behind it ({one.more} arrays)"
    own = f", or that without its top and a last layer of your own, of {one.classes} units" if one.classes not in (None, USUAL) else ""
    return f"fits {one.call}{own}"


def _how(one: Match) -> str:
    return f"""python -c "import keras; open('model.json', 'w').write({one.call}.to_json())" writes it"""
