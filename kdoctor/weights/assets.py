"""The words that lookup layers learned, in the files beside the config of an archive: whose are there, and whose are not.

Keras 3 opens ``assets/<place of the layer>/vocabulary.txt`` and, of a TextVectorization, that of the layer inside it, too (IndexLookup.load_assets,
TextVectorization.load_assets). Run in 3.15.1: with one file gone, in another folder, or empty, "A total of 1 objects could not be loaded … expected
str, bytes or os.PathLike object, not NoneType"; without any the archive loads, and fails when it is called: "Table not initialized".
"""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.keras_api.layouts import CHECKPOINT
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.structure.lookups import LOOKUPS, learns_words
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import objects_named
from kdoctor.weights.claims import claims
from kdoctor.weights.old_assets import ASSETS, WORDS


def has_assets(document: Document) -> bool:
    """Whether the archive holds any file of words."""
    return any(not name.endswith("/") for name in _names(document))


def without_assets(document: Document) -> Iterator[tuple[Node, str]]:
    """Lookup layers of an archive whose learned words are not where Keras 3 looks, with the file that is missing or empty.

    None of an archive whose words all stand where TensorFlow 2.12 to 2.14 wrote them, which K607 moves.
    """
    if not document.format.native or not any(objects_named(document, LOOKUPS)):
        return
    names = _names(document)
    if any(name.startswith(f"{ASSETS}{CHECKPOINT}/") for name in names):
        return
    for claim in claims(document):
        if learns_words(claim.node) and is_builtin(claim.node):
            wanted = [f"{ASSETS}{claim.place}/{words}" for words in WORDS[: 1 + (claim.node.class_name == "TextVectorization")]]
            missing = next((name for name in wanted if name not in names), None)
            if missing is not None:
                yield claim.node, missing


def _names(document: Document) -> frozenset[str]:
    """The assets that hold something, by their names below the folder of the archive; what K107 moves counts where it will stand."""
    moved = {name: part for _, fault in document.faults_of(FaultKind.MISPLACED) for name, part in fault.detail.get("names", {}).items()}
    files = [member.name for member in document.members.values() if member.role == "asset" and member.size]
    plain = (moved.get(name, name).replace("\\", "/") for name in files)
    return frozenset(name[name.find(ASSETS) :] for name in plain if ASSETS in name)
