"""A stored function as a layer of one's own, to paste into a script."""

from __future__ import annotations

from kdoctor.check import Excerpt
from kdoctor.document import Document
from kdoctor.lambdas import Lambda


def layer_to_paste(document: Document, found: Lambda) -> Excerpt | None:
    """A registered layer that computes what the Lambda's function does; None where its source cannot be told, or it is no layer's."""
    from kdoctor.bytecode.as_layer import layer_source  # few files hold code, and its readers are dear to import

    if found.code is None or found.key != "function":
        return None
    source = layer_source(found.code, found.owner or "stored", found.stored.defaults or (), found.stored.closure or ())
    return None if source is None else Excerpt(source)
