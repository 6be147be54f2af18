from __future__ import annotations

from collections.abc import Collection, Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.custom.left_out import told_words, words_elsewhere
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.security.aliases import going_by
from kdoctor.security.guards import judged
from kdoctor.structure.lookups import WORDS, weighs_words
from kdoctor.structure.objects import FUNCTION, Node
from kdoctor.structure.outline import class_names, objects_named
from kdoctor.target import Target

LOOKUPS = frozenset({"StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup"})
KEYS = ("vocabulary", "idf_weights")
# Tokenizers of KerasHub and its forerunners: a text where words, merges or a model should be is where they are read from.
HUB = ("keras_hub", "keras_nlp", "keras_cv")
HUB_KEYS = ("vocabulary", "merges", "proto")
# Feature columns of Keras 2 (DenseFeatures): TensorFlow 2.15 read the words, and looked for the checkpoint, while the file loaded.
COLUMNS = {
    "VocabularyFileCategoricalColumn": ("vocabulary_file",),
    **dict.fromkeys(("EmbeddingColumn", "SharedEmbeddingColumn", "SharedEmbeddingColumnCreator"), ("ckpt_to_load_from",)),
}


@check("K803", Severity.ERROR, since="0.1.0")
def external_file_reference(document: Document, target: Target) -> Iterator[Finding]:
    """A lookup layer or a feature column reads its vocabulary or its weights from a file outside the model, by path or URL.

    The path is that of the machine that saved the model; on another one it is missing, or it is some other file, which a hostile model
    may choose (CVE-2025-12058). Keras 3.12 and later: "Requested the loading of a vocabulary file outside of the model archive".

    The vocabulary itself is not in the file. The cure writes into it the words that ``--set NAME.vocabulary=[…]`` says.
    """
    words = frozenset(node.at for node in words_elsewhere(document) if not weighs_words(node))
    for _, node in going_by(document, LOOKUPS):
        if node.class_name == FUNCTION:
            told = "a lookup layer stands where a function does, and is called with what the file holds for it: a path is read then"
            yield Finding(node.at, f"{told}{judged(target, 'vocabulary-path')}")
        yield from _read(node, KEYS, target, words)
    for node in objects_named(document, filter(_may_read, class_names(document))):
        yield from _read(node, _keys(node), target)


def _read(node: Node, keys: tuple[str, ...], target: Target, words: Collection[Pointer] = ()) -> Iterator[Finding]:
    """words: the layers whose vocabulary the user may give."""
    for key in keys:
        value = node.config.get(key)
        if isinstance(value, str):
            column = node.class_name in COLUMNS
            at, asked = node.at / "config" / key, key == WORDS and node.at in words
            given = told_words(node, target) if asked else None
            why = "what is read is not in the model, only where it was read from"
            need = Need("--set", f"{node.name or node.class_name}.{WORDS}=[…]", why) if asked else Need("FILE", value, why)
            told = "" if column else judged(target, "vocabulary-path")  # columns are of Keras 2, which refuses nothing
            yield Finding(
                at,
                f"{node.class_name} {node.name or node.config.get('key')!r} reads its {key} from {value!r}, outside the model{told}",
                repair=None if given is None else Repair(f"write the {len(given)} words that you give", (Edit(at, old=value, new=given),)),
                needs=(need,) if given is None else (),
                layer=node.name,
                keras_says=None if column else "ValueError: Requested the loading of a vocabulary file outside of the model archive.",
            )


def _may_read(class_name: str) -> bool:
    return class_name in COLUMNS or class_name.endswith("Tokenizer")


def _keys(node: Node) -> tuple[str, ...]:
    if node.class_name in COLUMNS:
        return COLUMNS[node.class_name]
    return HUB_KEYS if (node.module or "").split(".")[0] in HUB and node.class_name.endswith("Tokenizer") else ()
