"""A Discretization of Keras 2 states the dtype of what it returns, whole numbers; a graph of Keras 3 makes such numbers of what it is given first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.saved_release import origin_of
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target
from kdoctor.translate.layer_dtypes import policy_dtype

FLOAT: Final = "float32"
WHOLE: Final = ("int", "uint")


def truncated_numbers(document: Document, target: Target) -> Iterator[Finding]:
    """One for each such layer of a file of Keras 2, whose layer took floats as they came (K609).

    ``predict`` runs it in a graph of TensorFlow, ``model(x)`` does not, and computes what was saved. Whatever its dtype, it returns int32.
    """
    saved = origin_of(document) or ("2.0" if _in_words_of_keras_2(document) else None)
    if saved is None or habits.MAKES_DTYPE_OF_GIVEN.at(saved) or not habits.MAKES_DTYPE_OF_GIVEN.of(target):
        return
    for node in objects_named(document, ("Discretization",)):
        stated = node.config.get("dtype")
        if node.at.part == "config" and policy_dtype(stated).startswith(WHOLE):
            at = node.at / "config" / "dtype"
            yield Finding(
                at,
                f"{target} makes {policy_dtype(stated)} of what {node.name!r} is given before it looks for the bins, when the model predicts: "
                "-0.3 and 0.3 are both 0",
                repair=Repair(f"write {FLOAT}, in which Keras 2 looked for them", (Edit(at, old=stated, new=FLOAT),)),
                layer=node.name,
                other_numbers=True,
            )


def _in_words_of_keras_2(document: Document) -> bool:
    """Whether a file that does not say its release is one of Keras 2 for certain: no Keras 3 writes an InputLayer with these words."""
    return any("batch_input_shape" in node.config for node in objects_named(document, ("InputLayer",)) if node.at.part == "config")
