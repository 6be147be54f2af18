from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.document import Document, Format
from kdoctor.manifest import parameters
from kdoctor.pointer import Pointer
from kdoctor.target import Target


@check("K108", Severity.ERROR, since="0.1.0")
def weights_only_file(document: Document, target: Target) -> Iterator[Finding]:
    """The file holds weights and no architecture.

    ``save_weights`` or a ModelCheckpoint with ``save_weights_only=True`` wrote it; ``load_model`` answers "No model config found in
    the file". It loads into a model that was built in code: ``model.load_weights(path)``.

    The cure needs the architecture, which the file does not have.
    """
    if document.format is not Format.H5_WEIGHTS:
        return
    groups = _groups(document)
    named = ", ".join(groups[:4]) + (f" and {len(groups) - 4} more" if len(groups) > 4 else "")
    name = document.file.get("name", "")
    yield Finding(
        Pointer("weights"),
        f"weights only: {parameters(document):,} parameters of {len(groups)} layers ({named}), and no architecture",
        needs=(
            Need("FILE", "the architecture (model.to_json(), or the code)", "the layers and how they are connected are not in the file"),
        ),
        keras_says=f"ValueError: No model config found in the file at {name}.",
    )


def _groups(document: Document) -> list[str]:
    """Names of the layers that own weights, in the order of the file."""
    found = dict.fromkeys(_layer_of(path) for path in document.weights if not path.startswith("optimizer"))
    return [name for name in found if name]


def _layer_of(path: str) -> str:
    keys = [key for key in path.replace("\\", "/").split("/") if key not in ("model_weights", "layers", "_layer_checkpoint_dependencies")]
    return keys[0] if len(keys) > 1 else ""
