from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.reader import Call, calls
from kdoctor.target import Target


@check("K601", Severity.ERROR, since="0.1.0")
def unknown_argument(document: Document, target: Target) -> Iterator[Finding]:
    """An object carries an argument that the target's constructor does not take.

    Every Keras release adds arguments to what it saves, and others refuse the whole model for one of them: "Unrecognized keyword
    arguments passed to DepthwiseConv2D: {'groups': 1}".

    There is no automatic cure in this release: the finding names every argument that stands in the way, not only the first.
    """
    for call in calls(document, target):
        for name in call.not_taken():
            yield Finding(
                call.node.at / "config" / name,
                f"{call.node.class_name} of {target} takes no argument {name!r} (here {_short(call.arguments[name])})",
                layer=call.node.name,
                keras_says=_keras_says(call, name),
            )


def _keras_says(call: Call, name: str) -> str:
    if call.kind == "layer":
        return f"TypeError: Unrecognized keyword arguments passed to {call.node.class_name}: {{{name!r}: {_short(call.arguments[name])}}}"
    return f"TypeError: {call.node.class_name}.__init__() got an unexpected keyword argument {name!r}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
