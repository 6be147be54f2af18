"""Lambdas that a loop made, each with its own value of a variable, of which the file keeps the last."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.document import Document, Json
from kdoctor.saved_release import release_of
from kdoctor.structure.lambdas import Lambda, lambdas

CALLED_ANEW = (2, 4)  # from here on `predict` calls the functions again; before, a model stays what they computed when it was made


def made_in_a_loop(document: Document, found: Lambda, bindings: Mapping[str, Json]) -> str | None:
    """The variable of a loop that several layers read on the same input; None where there is no sign of one.

    ``for k in range(3): parts.append(Lambda(lambda x: x[:, k])(x))``: Keras before 2.4 computed three parts, and saves one value of k.
    Layers that do the very same to the same tensor have no other use.
    """
    saved = release_of(document)
    if found.code is None or (saved is not None and saved >= CALLED_ANEW):
        return None
    name = _variable(found, bindings)
    stored = _connections(document, found)
    if name is None or not stored:
        return None
    twins = (each for each in lambdas(document) if each.at != found.at and each.key == found.key and each.code == found.code)
    same = any(each.stored.closure == found.stored.closure and _connections(document, each) == stored for each in twins)
    return name if same else None


def _variable(found: Lambda, bindings: Mapping[str, Json]) -> str | None:
    from kdoctor.bytecode.names import names_read  # few files hold code, and its readers are dear to import

    assert found.code is not None
    read = names_read(found.code)
    return next((name for name in (*read.free, *read.unknown) if name in found.code.freevars or name in bindings), None)


def _connections(document: Document, found: Lambda) -> Json:
    layer = document.at(found.at.parent.parent)
    return layer.get("inbound_nodes") if isinstance(layer, Mapping) else None
