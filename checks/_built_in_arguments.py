"""Arguments that constructors of Keras's own layers cannot do without, where the file has lost them."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.custom.left_out import lacking_arguments
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api.reader import Call
from kdoctor.structure.sequential import kernel_of
from kdoctor.target import Target

GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}  # kernels of a recurrent layer beside each other
CONVOLUTIONS = frozenset({"Conv1D", "Conv2D", "Conv3D"})


def lacking(document: Document, target: Target) -> Iterator[Finding]:
    """One finding for each layer of Keras's own that cannot be made, and is not told of for words of another release (K601, K608)."""
    for call, missing in lacking_arguments(document, target):
        yield _finding(document, target, call, missing)


def _finding(document: Document, target: Target, call: Call, missing: tuple[str, ...]) -> Finding:
    node = call.node
    given = {argument: value for (name, argument), value in target.given.settings.items() if name in (node.name, node.class_name)}
    known = {name: value for name in missing if (value := given.get(name, _proven(document, call, name))) is not None}
    open_ = [name for name in missing if name not in known]
    edits = tuple(Edit(node.at / "config" / name, old=node.config.get(name, ABSENT), new=value) for name, value in known.items())
    whole = isinstance(node.raw.get("config"), dict)
    return Finding(
        node.at,
        f"{node.class_name} is made with {', '.join(missing)}, which the file does not state",
        repair=Repair("write " + ", ".join(f"{edit.at.keys[-1]}={edit.new!r}" for edit in edits), edits) if whole and not open_ else None,
        needs=tuple(Need("--set", f"{node.name}.{name}=…", "the file does not state it") for name in open_),
        keras_says=f"TypeError: {node.class_name}.__init__() missing {len(missing)} required positional argument"
        f"{'s' if len(missing) > 1 else ''}: {' and '.join(map(repr, missing))}",
    )


def _proven(document: Document, call: Call, name: str) -> Json:
    """The one value that goes with the stored kernel."""
    kernel, of = kernel_of(document, call.node), call.node.class_name
    if kernel is None:
        return None
    if name == "units" and of in GATES and kernel[-1] % GATES[of] == 0:
        return kernel[-1] // GATES[of]
    if (name == "units" and of == "Dense") or (name == "filters" and of in CONVOLUTIONS):
        return kernel[-1]
    return list(kernel[:-2]) if name == "kernel_size" and of in CONVOLUTIONS else None
