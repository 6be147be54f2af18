"""The function that ``keras.wrappers`` want instead of a model: it builds, compiles and returns one, at each fit anew."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.document import Json
from kdoctor.pointer import Pointer
from kdoctor.rebuild.fragments import INDENT, Atom, Fragment, Item, call, flat, statement
from kdoctor.rebuild.literals import mapping
from kdoctor.rebuild.models import PAD, RESULT
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.objects import value
from kdoctor.training.wrapping import IF_CLASSES, SINGLE, is_compiled, wrapper_of

BUILDER = "build_model"
COMPILED = ("loss", "optimizer", "metrics")
DEFAULT = '"rmsprop"'  # of compile


def estimator_lines(module: Module, network: str) -> list[str]:
    """The function, and how it is used as a comment. What the file was compiled with is the default; ``network`` builds the model."""
    stated = _stated(module)
    given = [f"{name}=None" if name in stated else name for name in ("loss", "optimizer")]
    lines = [f"def {BUILDER}({', '.join(['X', 'y', *given, 'metrics=None', 'weights=None'])}):"]
    lines += [f'{PAD}"""X and y are what `fit` is given; `weights` is a file whose weights the training begins with."""']
    lines += [f"{PAD}{RESULT} = {network}()", f"{PAD}if weights is not None:", f"{PAD}{PAD}{RESULT}.load_weights(weights)"]
    for name in COMPILED:
        if name in stated:
            lines += [f"{PAD}if {name} is None:", statement(f"{name} = ", stated[name], 2 * INDENT)]
    items = [Item(Atom(name), f"{name}=") for name in COMPILED]
    return ["\n".join([*lines, statement("", call(f"{RESULT}.compile", items), INDENT), f"{PAD}return {RESULT}"]), _use(module, stated)]


def _stated(module: Module) -> dict[str, Fragment]:
    """What the file was compiled with. The optimizer is made inside: one that is made once belongs to the first model that it trains."""
    training = module.document.training
    if not isinstance(training, Mapping) or not is_compiled(module.document):
        return {}
    found = {name: training.get(name) for name in COMPILED}
    stated = {name: value(module, item, Pointer("training", (name,)), name) for name, item in found.items() if _says(item)}
    return {"optimizer": Atom(DEFAULT), **stated}


def _says(item: Json) -> bool:
    return item is not None and item != []


def _use(module: Module, stated: Mapping[str, Fragment]) -> str:
    wrapper = wrapper_of(module.document)
    if wrapper.hindrances:
        return "\n".join(f"# keras.wrappers.{wrapper.name} does not take this model: {why}." for why in wrapper.hindrances)
    arguments = {} if stated else {"loss": Atom(wrapper.loss), "optimizer": Atom('"adam"')}
    if wrapper.refits:
        arguments["loss"] = Atom(wrapper.loss)
    made = [Item(Atom(BUILDER))] + ([Item(mapping(arguments), "model_kwargs=")] if arguments else [])
    lines = [statement("estimator = ", call(f"keras.wrappers.{wrapper.name}", made)), "estimator.fit(X, y, epochs=10)"]
    if stated:
        other = flat(mapping({**arguments, "optimizer": Atom('"sgd"')}))
        lines.insert(1, f"# model_kwargs={other} gives other arguments to {BUILDER}")
    notes = ["SKLearnClassifier turns y into one column a class: its loss must not be sparse."] if wrapper.refits else []
    notes += [f"{SINGLE}."] if wrapper.single else []
    notes += [f"For SKLearnClassifier {IF_CLASSES}."] if wrapper.guessed else []
    return "\n".join(f"# {line}" for text in [*notes, *lines] for line in text.removeprefix("# ").splitlines())
