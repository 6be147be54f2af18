from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.objects import objects
from kdoctor.target import Target

# Layers that carry another framework's object in their config, serialized with that framework's pickle.
CARRIERS = {"TorchModuleWrapper": "module", "FlaxLayer": "module", "JaxLayer": "call_fn"}

TORCH = "ValueError: Requested the deserialization of a `torch.nn.Module` object via `torch.load()`. This carries a potential risk of arbitrary code execution"


@check("K808", Severity.ERROR, since="0.1.0")
def embedded_pickle(document: Document, target: Target) -> Iterator[Finding]:
    """The file carries a pickle: unpickling it runs code.

    TorchModuleWrapper stores a whole PyTorch module in its config, FlaxLayer and JaxLayer functions; loading them unpickles what the file
    holds (CVE-2025-49655). Keras 3.11.3 and later refuse them in safe mode.
    """
    for node in objects(document):
        key = CARRIERS.get(node.class_name)
        if key is not None and node.config.get(key) is not None:
            yield Finding(
                node.at,
                f"{node.class_name} {node.name!r} carries a pickled object in its config: loading it would run code from the file",
                layer=node.name,
                keras_says=TORCH if node.class_name == "TorchModuleWrapper" else None,
            )
