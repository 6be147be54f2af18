"""Metric functions that an ``.h5`` of Keras 2 names by a text: Keras 3 loads the text, and calls it when it evaluates."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.convert.training import with_function
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api.compile_reader import mentions
from kdoctor.keras_api.metric_functions import WRAPPER
from kdoctor.target import Target


def functions_as_texts(document: Document, target: Target) -> Iterator[Finding]:
    """One for each metric, of a model that is wanted for training: almost every ``.h5`` of Keras 2 has some (K610)."""
    if not target.keras_3 or document.format.native or target.purpose != "training":
        return
    for mention in mentions(document, target):
        if mention.kind != "metric" or mention.name != WRAPPER or mention.given:
            continue
        old = document.at(mention.at)
        new = with_function(old) if isinstance(old, dict) else old
        if isinstance(mention.arguments.get("fn"), str) and new != old:
            yield Finding(
                mention.at / "config" / "fn",
                f"the function {mention.arguments['fn']} of a metric is a text in the file: the model loads, and fit() and evaluate() call the text",
                repair=Repair("write the function", (Edit(mention.at, old=old, new=new),)),
                keras_says="TypeError: 'str' object is not callable",
            )
