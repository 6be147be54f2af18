"""Stubs for what the training state names and nobody can find: losses, metrics, optimizers of the author's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.custom.stub import function_stub, registration
from kdoctor.document import Document, Json
from kdoctor.identifiers import is_identifier
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.history import known_elsewhere
from kdoctor.pointer import Pointer
from kdoctor.rebuild.objects import TRAINING_KINDS
from kdoctor.structure.objects import FUNCTION, Node, as_node
from kdoctor.target import Target

BASES = {"optimizer": "keras.optimizers.Optimizer", "loss": "keras.losses.Loss", "metric": "keras.metrics.Metric"}
# What Keras asks of each only to train: a stub that fails there, and not when it is made, leaves a model that is built, filled and predicts.
ASKED = {
    "loss": ("name=None", "name=name", ("call(self, y_true, y_pred)",)),
    "metric": ("name=None", "name=name", ("update_state(self, y_true, y_pred, sample_weight=None)", "result(self)")),
    "optimizer": (
        "learning_rate=0.001, name=None",
        "learning_rate=learning_rate, name=name",
        ("update_step(self, gradient, variable, learning_rate)",),
    ),
}
LEFT_TO_COMPILE = frozenset({"accuracy", "acc", "crossentropy", "ce"})  # what these mean depends on the output


def training_stubs(document: Document, target: Target) -> dict[str, str]:
    """Source by plain name."""
    training = document.training
    catalogue = Catalogue.load(target.release, target.family)
    found: dict[str, str] = {}
    for part, kind in {**TRAINING_KINDS, "optimizer_config": "optimizer"}.items():  # the last is an .h5's
        for name, source in _stubs(training.get(part) if isinstance(training, Mapping) else None, kind, catalogue):
            if is_identifier(name):
                found.setdefault(name, source)
    return found


def _stubs(item: Json, kind: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    node = as_node(item, Pointer("training"))
    if node is not None and node.class_name != FUNCTION:
        plain = node.class_name.rpartition(">")[2]
        known = catalogue.resolve(node.module, node.class_name) or catalogue.function(kind, plain)
        if known is None and not known_elsewhere(kind, plain):  # what Keras has retired is cured or left out, no stub computes it
            yield plain, _class(node, kind)
    elif node is not None or isinstance(item, str):
        yield from _function(str(item if node is None else node.raw["config"]), kind, catalogue)
    elif isinstance(item, (list, tuple, Mapping)):
        for one in item.values() if isinstance(item, Mapping) else item:
            yield from _stubs(one, kind, catalogue)


def _function(name: str, kind: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    plain = name.rpartition(">")[2]
    if name not in LEFT_TO_COMPILE and is_identifier(plain) and catalogue.function(kind, name) is None:
        yield plain, function_stub(name, "y_true, y_pred")


def _class(node: Node, kind: str) -> str:
    name = node.class_name.rpartition(">")[2]
    if not is_identifier(name):
        return ""
    lines = [registration(node.registered_name or node.class_name, name), f"class {name}({BASES[kind]}):"]
    arguments, handed_on, methods = ASKED[kind]
    lines += ['    """Its code is not in the file."""', "", f"    def __init__(self, {arguments}, **settings):"]
    lines += [f"        super().__init__({handed_on})  # and its settings?"]
    for method in methods:
        lines += ["", f"    def {method}:", f'        raise NotImplementedError("what does {name} compute?")']
    return "\n".join(lines)
