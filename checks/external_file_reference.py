from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.document import Document
from kdoctor.security.guards import judged
from kdoctor.structure.objects import Node, objects
from kdoctor.target import Target

LOOKUPS = frozenset({"StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup"})
KEYS = ("vocabulary", "idf_weights")
# Tokenizers of KerasHub and its forerunners: a text where words, merges or a model should be is where they are read from.
HUB = ("keras_hub", "keras_nlp", "keras_cv")
HUB_KEYS = ("vocabulary", "merges", "proto")


@check("K803", Severity.ERROR, since="0.1.0")
def external_file_reference(document: Document, target: Target) -> Iterator[Finding]:
    """A lookup layer reads its vocabulary from a file outside the model, by path or URL.

    The path is that of the machine that saved the model; on another one it is missing, or it is some other file, which a hostile model
    may choose (CVE-2025-12058). Keras 3.12 and later: "Requested the loading of a vocabulary file outside of the model archive".

    The vocabulary itself is not in the file: whoever has it can save the model with the words in it.
    """
    for node in objects(document):
        for key in _keys(node):
            value = node.config.get(key)
            if isinstance(value, str):
                yield Finding(
                    node.at / "config" / key,
                    f"{node.class_name} {node.name!r} reads its {key} from {value!r}, outside the model{judged(target, 'vocabulary-path')}",
                    needs=(Need("FILE", value, "the words are not in the model, only where they were read from"),),
                    layer=node.name,
                    keras_says="ValueError: Requested the loading of a vocabulary file outside of the model archive.",
                )


def _keys(node: Node) -> tuple[str, ...]:
    if node.class_name.rpartition(">")[2] in LOOKUPS:
        return KEYS
    return HUB_KEYS if (node.module or "").split(".")[0] in HUB and node.class_name.endswith("Tokenizer") else ()
