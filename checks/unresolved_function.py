from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.custom.custom_objects import function_object, homecoming, matches, source_of
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.history import told_of
from kdoctor.keras_api.reader import Call, Resolution, found_in_calls, unfound
from kdoctor.security.hostile import called_name, is_no_modelling, is_pythons
from kdoctor.structure.lambdas import named_functions
from kdoctor.target import Target

from ._identifiers import kinds_of_arguments


@check("K303", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def unresolved_function(document: Document, target: Target) -> Iterator[Finding]:
    """The model names a function that the target does not know: an activation or an initializer of the user's own.

    Only the name is in the file. Keras says "Could not locate function 'my_activation'".

    The cure is the code: ``load_model(path, custom_objects={"my_activation": my_activation})``; with ``--custom my_activation`` kdoctor
    judges the rest of the file as if it were there, with ``--custom FILE.py`` it writes the name under which Keras finds it. The function
    of a Lambda layer is K406's matter. What no model calls (K801, K802) is nobody's custom function.
    """
    of_lambdas = named_functions(document)  # K406's
    known = {match.node.at: match for match in matches(document, target) if not match.definition.is_class}
    for match in known.values():
        if edits := homecoming(match, document, target):
            definition = match.definition
            yield Finding(
                match.node.at,
                f"{definition.name} is the function at {source_of(definition)}: Keras finds it as {definition.name_in_file!r}",
                repair=Repair(f"write the module {definition.module} and the name {definition.name_in_file!r}", edits),
                mild=called_name(match.node) in (definition.name_in_file, definition.name),
            )
    yield from _texts(document, target)
    for call in unfound(document, target):
        if call.node.at in known or call.node.at in of_lambdas:
            continue
        if call.resolution is Resolution.FUNCTION and not is_pythons(call.node) and not is_no_modelling(call.node):
            name = called_name(call.node)
            yield Finding(
                call.node.at,
                f"{target} does not know the function {name!r} (module {call.node.module})",
                needs=(Need("--custom", name, "the function itself is not in the file, only its name"),),
                keras_says=f"TypeError: Could not locate function '{name}'. Make sure custom classes and functions are decorated with "
                "`@keras.saving.register_keras_serializable()`.",
            )


def _is_known(catalogue: Catalogue, kind: str, name: str) -> bool:
    if kind == "activation":
        return catalogue.function(kind, name) is not None
    return catalogue.argument(kind, None, name) is not None


def _texts(document: Document, target: Target) -> Iterator[Finding]:
    """An activation as releases before 2.11 stored it, or an initializer, regularizer, constraint: the name alone, as text."""
    catalogue = Catalogue.load(target.release, target.family)
    is_known = lru_cache(maxsize=256)(partial(_is_known, catalogue))  # a model has thousands of layers, and few names

    def unknown(call: Call) -> Iterator[tuple[Call, str, str, str]]:
        if call.found is not None and call.resolution is Resolution.FOUND and call.kind == "layer":
            for key, kind in kinds_of_arguments(call.found):
                if isinstance(name := call.arguments.get(key), str) and not is_known(kind, name):
                    yield call, key, kind, name

    for call, key, kind, name in found_in_calls(document, target, unknown):
        at, definition = call.node.at / "config" / key, target.given.code.get(name.rpartition(">")[2])
        if definition is None and name in target.custom:
            continue
        written = None if definition is None else function_object(definition)
        yield Finding(
            at,
            "; ".join(filter(None, (f"{target} does not know the function {name!r}", told_of(kind, name, target.minor))))
            if definition is None
            else f"{name} is the function at {source_of(definition)}: Keras finds it as {definition.name_in_file!r}",
            repair=Repair(f"write the function {name!r} of {definition.module}", (Edit(at, old=name, new=written),))
            if definition
            else None,
            needs=() if definition else (Need("--custom", name, "the function itself is not in the file, only its name"),),
            keras_says=f"ValueError: Could not interpret {kind}{' function' * (kind == 'activation')} identifier: {name}"
            if definition is None
            else None,
            mild=definition is not None,
        )
