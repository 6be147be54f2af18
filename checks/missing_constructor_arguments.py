from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.custom.custom_objects import Match, matches, only_base_arguments, settings_for, source_of
from kdoctor.custom.deduction import deduced, may_be, unproven
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api.absence import means_nothing
from kdoctor.keras_api.reader import Resolution, unfound
from kdoctor.security.hostile import is_no_modelling, is_pythons
from kdoctor.structure.layers import layers
from kdoctor.structure.manifest import weights_by_layer
from kdoctor.target import Target
from kdoctor.user_code.definition import Argument

from ._built_in_arguments import lacking
from ._demanded_in_training import demanded_in_training
from ._dispensable_names import goes_unnamed
from ._unstated_shapes import unstated_shapes

PLAIN_DTYPES = ("float32", None)


@check("K304", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def missing_constructor_arguments(document: Document, target: Target) -> Iterator[Finding]:
    """The file does not hold what a constructor needs, mostly that of a custom class, or holds what it refuses.

    A class that overrides ``__init__`` but not ``get_config`` loses its arguments when the model is saved: "__init__() missing 1 required
    positional argument: 'hidden_dim'". One whose ``__init__`` takes no ``**kwargs`` refuses what every layer is given: "__init__() got an
    unexpected keyword argument 'trainable'". One that hands them on refuses what its base in Keras does not take: a subclass of LSTM that
    Keras 2 saved has ``time_major``.

    Without the source, a layer with weights and no arguments of its own is a warning. With ``--custom FILE.py`` its constructor is read,
    and not run. The cure writes what ``--set LAYER.ARGUMENT=VALUE`` says, or the one value that goes with the shapes of the stored
    weights; ``trainable: true``, ``dtype: float32`` and a name that nothing goes by
    (an output's losses do) are left out where the constructor refuses them. An argument with a default that the file does not state is a warning: another value may have been in use.

    Of a subclassed model without a ``get_config`` Keras 3 saves the defaults of its constructor, or nothing, and never what it was given:
    ``MyModel(units=5)`` stands in the file as ``units: 3``. Where the constructor makes layers of Keras's own with an argument, their
    kernels tell it, and it is written. Where nothing tells it, whether the model loads as it was is not known, until ``--set`` says it.

    A layer of Keras's own whose config has lost what its constructor needs ("Dense.__init__() missing 1 required positional argument:
    'units'") was edited by hand. The cure is the same: the one value that goes with its stored kernel, or ``--set``.

    So is a metric or a learning-rate schedule of the training state without one ("MeanIoU.__init__() missing 1 required positional argument:
    'num_classes'"), or with one that it refuses. Predictions do not need it: the training state is left out, unless ``--set`` or ``--compile``
    says more, or the model is wanted for training. A metric that is a name alone blocks ``fit`` and ``evaluate``: a warning.

    A MultiHeadAttention of TensorFlow 2.4 has no ``query_shape``, which TensorFlow 2.5 to 2.15 take out of its config: "KeyError: 'query_shape'".
    """
    yield from lacking(document, target)
    yield from unstated_shapes(document, target)
    yield from demanded_in_training(document, target)
    for match in matches(document, target):
        yield from _refused(match, document)
        yield from _lost(match, document, target)
    if not target.given.code:
        yield from _perhaps_lost(document, target)


def _lost(match: Match, document: Document, target: Target) -> Iterator[Finding]:
    node, definition = match.node, match.definition
    told = settings_for(match, document, target)
    known = {**deduced(match, document), **told}
    doubtful = unproven(match, document)
    lacking = {one.name for one in (*match.missing, *match.assumed, *doubtful)}
    edits = [
        Edit(node.at / "config" / name, old=node.config.get(name, ABSENT), new=value)
        for name, value in known.items()
        if (name in told or name in lacking) and node.config.get(name, ABSENT) != value
    ]
    open_ = [one for one in match.missing if one.name not in known]
    layer = _called(match)
    if edits or open_:
        names = ", ".join(one.name for one in match.missing) or ", ".join(str(edit.at.keys[-1]) for edit in edits)
        yield Finding(
            node.at,
            f"{definition.name} ({source_of(definition)}) is made with {names}, which the file does not "
            + ("record: Keras 3 saves the defaults of a subclassed model" if not match.missing and doubtful else "state"),
            repair=Repair("write " + ", ".join(f"{edit.at.keys[-1]}={edit.new!r}" for edit in edits), tuple(edits)) if not open_ else None,
            needs=tuple(Need("--set", f"{layer}.{one.name}=…", f"get_config of {definition.name} does not save it") for one in open_),
            keras_says=f"TypeError: {definition.name}.__init__() missing {len(open_)} required positional argument"
            f"{'s' if len(open_) > 1 else ''}: {' and '.join(repr(one.name) for one in open_)}"
            if open_
            else None,
            mild=not match.missing and all(may_be(one, known[one.name]) for one in doubtful if one.name in known),
        )
    if unsaid := [one for one in doubtful if one.name not in known]:
        yield _never_recorded(match, unsaid)
    elif (assumed := [one for one in match.assumed if one.name not in known]) and not edits and not open_:
        yield _assumed(match, assumed)


def _assumed(match: Match, arguments: list[Argument]) -> Finding:
    definition, layer = match.definition, _called(match)
    return Finding(
        match.node.at,
        f"the file does not state {', '.join(one.name for one in arguments)} of {definition.name} ({source_of(definition)}): it is made "
        f"with {', '.join(f'{one.name}={one.default}' for one in arguments)}, which may not be what it was saved with (--set {layer}.…)",
        mild=True,
    )


def _never_recorded(match: Match, arguments: list[Argument]) -> Finding:
    definition, layer = match.definition, _called(match)
    return Finding(
        match.node.at,
        f"Keras 3 does not record what a subclassed model is made with: of {definition.name} ({source_of(definition)}) the file can hold the defaults "
        f"{', '.join(f'{one.name}={one.default}' for one in arguments)} alone, whatever they were, and nothing in it proves them: say them, "
        "or save it again with a get_config of its own",
        needs=tuple(
            Need("--set", f"{layer}.{one.name}=…", f"{one.default} is the default, whatever it was made with") for one in arguments
        ),
        mild=True,
        undecided=True,
    )


def _refused(match: Match, document: Document) -> Iterator[Finding]:
    node, definition = match.node, match.definition
    if not match.unexpected:
        return
    harmless = all(_means_nothing(match, name, document) for name in match.unexpected)
    edits = tuple(Edit(node.at / "config" / name, old=node.config[name], new=ABSENT) for name in match.unexpected)
    yield Finding(
        node.at,
        f"{definition.name} ({source_of(definition)}) takes no {', '.join(match.unexpected)}, which the file gives it; "
        + (_takes(match) or "its __init__ should take **kwargs and hand them to super().__init__"),
        repair=Repair(f"leave out {', '.join(match.unexpected)}", edits) if harmless else None,
        needs=() if harmless else (Need("--custom", definition.name, "a class whose constructor takes what the file holds"),),
        keras_says=f"ValueError: Unrecognized keyword arguments passed to {definition.name}: {{{match.unexpected[0]!r}: …}}"
        if _takes(match)
        else f"TypeError: {definition.name}.__init__() got an unexpected keyword argument '{match.unexpected[0]}'",
    )


def _takes(match: Match) -> str:
    """Who refuses the arguments, where the class hands them on."""
    handed = match.base is not None and match.definition.takes_anything
    return f"its base {match.definition.above} refuses what is handed on to it" if handed else ""


def _means_nothing(match: Match, name: str, document: Document) -> bool:
    value: Json = match.node.config[name]
    if name == "name":
        return goes_unnamed(match.node, match.definition.name, document)
    if name == "dtype" and isinstance(value, dict):
        value = (value.get("config") or {}).get("name") if isinstance(value.get("config"), dict) else value
    if match.base is not None and match.definition.takes_anything:
        return means_nothing(match.base.kind, match.base.name, name, value, document.saved_by().keras)
    return (name == "trainable" and value is True) or (name == "dtype" and value in PLAIN_DTYPES)


def _called(match: Match) -> str:
    return match.node.name or match.definition.name


def _perhaps_lost(document: Document, target: Target) -> Iterator[Finding]:
    """Layers of unknown classes with weights, whose config says nothing of their own."""
    unknown = [call for call in unfound(document, target) if call.resolution is Resolution.UNKNOWN]
    rows = {row.at: owned for row, owned in zip(layers(document), weights_by_layer(document), strict=True)} if unknown else {}
    for call in unknown:
        node = call.node
        if not rows.get(node.at) or not only_base_arguments(node):
            continue
        if is_pythons(node) or is_no_modelling(node):
            continue
        shapes = ", ".join(str(weight.shape) for weight in rows[node.at].values())
        yield Finding(
            node.at,
            f"the file states no arguments of {node.class_name} of its own, and holds weights of the shapes {shapes} for it: what its "
            "constructor needs, if anything, was lost when it was saved (give the source with --custom, and --set)",
            mild=True,
        )
