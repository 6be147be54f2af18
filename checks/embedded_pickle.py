from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.security.aliases import going_by
from kdoctor.security.guards import judged
from kdoctor.structure.objects import FUNCTION
from kdoctor.target import Target

# Layers that carry another framework's object in their config, serialized with that framework's pickle.
CARRIERS = {"TorchModuleWrapper": ("module",), "FlaxLayer": ("module", "method"), "JaxLayer": ("call_fn", "init_fn")}

TORCH = "ValueError: Requested the deserialization of a `torch.nn.Module` object via `torch.load()`. This carries a potential risk of arbitrary code execution"


@check("K808", Severity.ERROR, since="0.1.0")
def embedded_pickle(document: Document, target: Target) -> Iterator[Finding]:
    """The file carries a pickle: unpickling it runs code.

    TorchModuleWrapper stores a whole PyTorch module in its config, FlaxLayer and JaxLayer functions; loading them unpickles what the file
    holds (CVE-2025-49655, CVE-2026-12484). Keras 3.11.3 and later refuse them in safe mode. So do arrays of objects in
    ``model.weights.npz``: NumPy stores them as pickles, and Keras before 3.9 lets it read them. A file of that name that is no archive of
    arrays is a pickle to NumPy as a whole: Keras 2.15 and 3.6 were seen to run the code in one, whatever its config says.
    """
    for at, fault in document.faults_of(FaultKind.OBJECT_ARRAY):
        names = ", ".join(repr(name) for name in list(fault.detail.get("names") or ())[:3])
        told = (
            "is no NumPy archive: NumPy takes it for a pickle"
            if fault.detail.get("whole")
            else f"holds arrays of Python objects ({names}), which are pickles"
        )
        yield Finding(
            at,
            f"{fault.detail.get('file')} {told}{judged(target, 'npz-pickle')}",
            keras_says="ValueError: Object arrays cannot be loaded when allow_pickle=False",
        )
    for carrier, node in going_by(document, CARRIERS):
        if node.class_name == FUNCTION or any(node.config.get(key) is not None for key in CARRIERS[carrier]):
            torch = carrier == "TorchModuleWrapper"
            yield Finding(
                node.at,
                f"{carrier} {node.name!r} carries a pickled object in its config: loading it would run code from the file"
                f"{judged(target, 'torch-module') if torch else ''}",
                layer=node.name,
                keras_says=TORCH if torch else None,
            )
