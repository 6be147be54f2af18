"""A stored function as a layer of one's own, to paste into a script."""

from __future__ import annotations

from collections.abc import Collection

from kdoctor.check import Excerpt
from kdoctor.document import Document
from kdoctor.pointer import Pointer
from kdoctor.replacements.lambda_cures import cures
from kdoctor.structure.lambdas import Lambda
from kdoctor.target import Target


def pasted_beside(document: Document, target: Target, found: Lambda, lost: Collection[str]) -> Excerpt | None:
    """The same for a function that lacks what it calls, or what it captured; None where it lacks plain values alone, is cured, or K401 shows it."""
    known = cures(document, target)
    if found.code is None or known.of(found.at) is not None or found.at not in {*known.needs, *_uncured(target, found)}:
        return None
    from kdoctor.bytecode.called import called_names

    return layer_to_paste(document, found) if called_names(found.code) & set(lost) else None


def _uncured(target: Target, found: Lambda) -> tuple[Pointer, ...]:
    """A target that takes no operations has no cure for any function, and K401 shows none."""
    return () if target.keras_3 else (found.at,)


def layer_to_paste(document: Document, found: Lambda) -> Excerpt | None:
    """A registered layer that computes what the Lambda's function does; None where its source cannot be told, or it is no layer's."""
    from kdoctor.bytecode.as_layer import layer_source  # few files hold code, and its readers are dear to import

    if found.code is None or found.key != "function":
        return None
    source = layer_source(found.code, found.owner or "stored", found.stored.defaults or (), found.stored.closure or ())
    return None if source is None else Excerpt(source)
