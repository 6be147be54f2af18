"""Names of metrics to which both Keras 2 and Keras 3 put that of the output: ``a_a_mae``."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import model_of
from kdoctor.target import Target

KEYS = ("metrics", "weighted_metrics")


def doubled_names(document: Document, target: Target) -> Iterator[Finding]:
    """Of an ``.h5`` of Keras 2 with several outputs, whose metrics were saved under the names that they had got there."""
    training = document.parts.get("training")
    if not target.keras_3 or document.format.native or document.saved_by().major != 2 or not isinstance(training, dict):
        return
    outputs = _outputs(document)
    for key in KEYS:
        rows = training.get(key)
        if not isinstance(rows, list) or len(outputs) < 2 or len(rows) != len(outputs):
            continue
        for index, (output, row) in enumerate(zip(outputs, rows, strict=True)):
            for place, metric in enumerate(row if isinstance(row, list) else ()):
                yield from _named(Pointer("training", (key, index, place)), metric, output, target)


def _named(at: Pointer, metric: Json, output: str, target: Target) -> Iterator[Finding]:
    config = metric.get("config") if isinstance(metric, dict) else None
    name = config.get("name") if isinstance(config, dict) else None
    bare = name.removeprefix(f"{output}_") if isinstance(name, str) else None
    if bare and bare != name:
        yield Finding(
            at / "config" / "name",
            f"the metric {name!r} bears the name of its output already, and {target} puts it before it once more: {output}_{name}",
            repair=Repair(f"write the name {bare}, which {target} calls {name}", (Edit(at / "config" / "name", old=name, new=bare),)),
            mild=True,
        )


def _outputs(document: Document) -> list[str]:
    """The names of the model's outputs, which are those of their layers; none where two are of one layer, or they are no plain list."""
    model = model_of(document)
    ends = model.config.get("output_layers") if model is not None else None
    plain = isinstance(ends, list) and all(isinstance(end, list) and len(end) == 3 and isinstance(end[0], str) for end in ends)
    names = [end[0] for end in ends] if plain and isinstance(ends, list) else []
    return names if len(set(names)) == len(names) else []
