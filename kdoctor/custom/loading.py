"""The Python that has to run before, or instead of, a plain ``load_model(path)`` of a repaired file."""

from __future__ import annotations

from kdoctor.custom.custom_objects import loading_code
from kdoctor.custom.hub_layers import trust_lines
from kdoctor.document import Document
from kdoctor.target import Target

SETTING = "sys.setrecursionlimit"


def loading_lines(document: Document, target: Target, path: str, recursion_limit: int | None = None) -> tuple[str, ...]:
    """None where ``load_model(path)`` alone will do; ``recursion_limit``: what Python's has to be, where the default is too low."""
    deep = () if recursion_limit is None else ("import sys", f"{SETTING}({recursion_limit})")
    return (*deep, *trust_lines(document, target, path), *loading_code(document, target, path))
