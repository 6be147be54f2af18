from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kdoctor.check import Excerpt, Finding, Need, Severity, check
from kdoctor.document import Document, Json
from kdoctor.replacements.lambda_cures import cures
from kdoctor.structure.lambdas import Lambda, loadable
from kdoctor.target import Target

from ._keras_says import REFUSES_LAMBDA as REFUSED
from ._keras_says import refuses_code
from ._paste import pasted_beside
from ._quote import quoted


@check("K403", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def lambda_closure(document: Document, target: Target) -> Iterator[Finding]:
    """A stored function captures variables, and what is stored of them may not be what they were.

    Keras saves the values of a closure beside the code: numbers and texts survive; a tuple comes back as a list, an array in an
    ``.h5`` as a list, a layer as its config without weights, a function as nothing but its name. What came back wrong fails when the
    model is called ("'list' object has no attribute 'shape'"), or computes something else.

    The finding shows each variable with the value in the file, and says what was lost. Where the values are whole, the cure of K401
    writes them into Keras's own operations, and the closure is gone; safe mode refuses the file until then: "Requested the
    deserialization of a `Lambda` layer whose `function` is a Python lambda". A lost number or list is given with ``--bind factor=0.5``,
    or ``--bind-from train.py``, which reads the constants at the top level of the script and runs none of it.

    A captured layer had weights that are in no file, and a captured function is a name: neither can be bound. The finding then shows a
    registered layer to put in the Lambda's place. A closure made in a loop holds what the variable was when the model was saved, maybe
    not when the layer was made: where Keras before 2.4 saved layers that do the very same to the same tensor, each had its own value,
    and none of them is cured.
    """
    refused = refuses_code(document, target)
    for found in loadable(document):
        if found.code is None or not found.code.freevars:
            continue
        values = found.stored.closure or ()
        pairs = [(name, values[i] if i < len(values) else None, i < len(values)) for i, name in enumerate(found.code.freevars)]
        lost = [(name, why) for name, value, there in pairs if (why := _lost(value, there)) and name not in target.given.bindings]
        whole = all(not _lost(value, there) for _, value, there in pairs)
        repair = cures(document, target).of(found.at) if target.keras_3 or not whole else None  # earlier releases run what is whole
        told = ", ".join(f"{name} = {_short(value)}" if there else name for name, value, there in pairs)
        yield Finding(
            found.at,
            f"{found.described} captures {told}" + "".join(f"; {name} {why}" for name, why in lost),
            repair=repair,
            needs=() if repair is not None else tuple(Need("--bind", name, f"it {why}") for name, why in lost),
            layer=found.owner,
            keras_says=REFUSED if refused else None,
            mild=not (refused or lost),
            excerpt=_pasted(document, target, found, {name for name, _ in lost}) or quoted(found.code, found.code.freevars, "captured"),
        )


def _pasted(document: Document, target: Target, found: Lambda, lost: Collection[str]) -> Excerpt | None:
    """The function as a layer, where it calls what is lost, and not some global as well, of which K402 shows it."""
    from kdoctor.bytecode.called import called_names  # few files hold code, and its readers are dear to import
    from kdoctor.bytecode.names import names_read

    assert found.code is not None
    elsewhere = called_names(found.code) & set(names_read(found.code).unknown)
    return None if elsewhere - target.given.bindings.keys() else pasted_beside(document, target, found, lost)


def _lost(value: Json, there: bool) -> str | None:
    """What a stored value no longer is; None where the value is whole."""
    if not there:
        return "is not in the file"
    if isinstance(value, Mapping):
        name = value.get("class_name")
        if name == "function":
            return f"was the function {value.get('config')!r}, of which only the name is stored"
        if name not in ("__numpy__", "__tensor__", "__tuple__", "__slice__", "__ellipsis__", "__bytes__"):
            return f"was an object of the class {name}, stored without its state"
    return None


def _short(value: Json) -> str:
    if isinstance(value, Mapping) and value.get("class_name") == "__numpy__":
        return "an array"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
