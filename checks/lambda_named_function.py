from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.identifiers import is_identifier
from kdoctor.keras_api.reader import Call, Resolution, calls
from kdoctor.pointer import Pointer
from kdoctor.security.hostile import is_no_modelling, is_pythons
from kdoctor.structure.lambdas import Lambda, loadable
from kdoctor.structure.objects import FUNCTION
from kdoctor.target import Target

LOST = (Resolution.FUNCTION, Resolution.UNKNOWN)
BESIDE = ("function_type", "module")  # Keras 2 says with them what kind of function it is; Keras 3 takes neither


@check("K406", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def lambda_named_function(document: Document, target: Target) -> Iterator[Finding]:
    """A Lambda was made from a named function, and only its name is in the file.

    Keras 3 writes the code of a ``lambda`` but only the name of a ``def`` function: "Could not locate function 'scale'". Keras 2 does so
    for what is callable but no function (a NumPy ufunc, a ``tf.function``), with ``function_type: "function"`` beside it; Keras 3 then
    takes the name itself for the function: "unsupported callable".

    The cure is the code: ``load_model(path, custom_objects={"scale": scale})``; with ``--custom scale`` (or a file that defines it,
    which is read and not run) kdoctor judges the rest of the file as if it were there.

    What is callable and no function, such as a ``tf.function``, comes back in no way: "Expected 'config' to be a dict for Function". With
    ``--custom`` its name is written as that of a function.

    Keras 1 and 2 keep the bytecode of a ``def`` function too. That is K401's matter, and an info here: who has the function
    may give it with ``--custom``. If the code cannot be said with Keras operations, the repair then puts the function's name in the
    place of the bytecode. Whether the function given still computes what the bytecode does, only its author knows.
    """
    found_here = loadable(document)
    made = {call.node.at: call for call in calls(document, target)} if found_here else {}
    for found in found_here:
        if found.stored.form == "name":
            if _is_lost(found, made.get(found.at), target):
                yield _missing(document, found, made.get(found.at), target)
        elif found.code is not None and not found.code.is_lambda and found.key == "function":
            yield _held(document, found, target)


def _is_lost(found: Lambda, call: Call | None, target: Target) -> bool:
    """Text alone is looked up among the custom objects only, and no object but a function may have a name for its config."""
    if call is None:
        return found.stored.name not in target.custom
    if call.node.class_name != FUNCTION:
        return not is_pythons(call.node)
    return call.resolution in LOST and not is_pythons(call.node) and not is_no_modelling(call.node)


def _missing(document: Document, found: Lambda, call: Call | None, target: Target) -> Finding:
    name = str(found.stored.name)
    where = f" (module {call.node.module})" if call is not None and call.node.module not in (None, "builtins") else ""
    own = name.rpartition(">")[2]  # of Custom>sampling, which is registered so
    advice = Repair(f"load_model(path, custom_objects={{{name!r}: {own}}})", safety=Safety.ADVICE)
    needs = (Need("--custom", own, "the function itself is not in the file, only its name"),)
    given = name in target.custom
    return Finding(
        found.at,
        f"{found.described} is the function {name!r}{where}, of which only the name is in the file; {target} does not know it",
        repair=_by_name(document, found.at, name) if given else advice if is_identifier(own) else None,
        needs=needs if is_identifier(own) and not given else (),
        layer=found.owner,
        keras_says=_keras_says(name, call),
    )


def _keras_says(name: str, call: Call | None) -> str:
    """What load_model says (serialization_lib.deserialize_keras_object; Lambda.__init__ where the name is a text)."""
    if call is None:
        return "TypeError: unsupported callable"
    if call.node.class_name != FUNCTION:
        return f"TypeError: Expected 'config' to be a dict for {call.node.class_name}, instead got <class 'str'>"
    return f"TypeError: Could not locate function '{name}'. Make sure custom classes and functions are decorated with …"


def _held(document: Document, found: Lambda, target: Target) -> Finding:
    assert found.code is not None
    name, config = found.code.name, document.at(found.at.parent)
    module = config.get("module") if isinstance(config, Mapping) else None
    where = f" of {module}" if isinstance(module, str) and module != "__main__" else ""
    return Finding(
        found.at,
        f"{found.described} was made from the named function {name!r}{where}, kept as bytecode: Keras 3 would store its name alone",
        repair=_by_name(document, found.at, name) if name in target.custom else None,
        layer=found.owner,
        mild=True,
    )


def _by_name(document: Document, at: Pointer, name: str) -> Repair:
    """The function as Keras 3 writes it, in the place of the bytecode."""
    function = {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    layer = at.parent
    config = document.at(layer)
    beside = [key for key in BESIDE if isinstance(config, Mapping) and key in config]
    edits = (Edit(at, old=document.at(at), new=function), *(Edit(layer / key, old=config[key], new=ABSENT) for key in beside))
    return Repair(f"name the function {name!r} that you give, instead of its bytecode", edits)
