from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.naming import fresh
from kdoctor.objects import objects
from kdoctor.target import Target


@check("K608", Severity.ERROR, since="0.1.0")
def keras_1_config(document: Document, target: Target) -> Iterator[Finding]:
    """The config has the form of an early Keras: a Sequential whose config is the bare list of its layers.

    Keras 0.3 to 2.2.2 wrote it; Keras 3 trips over it with "pop expected at most 1 argument, got 2". It is often only the first of
    several causes in such a file.

    The cure writes the list as ``{"name": …, "layers": […]}``, which is what every later Keras does.
    """
    taken = {node.name for node in objects(document) if node.name is not None}
    for node in objects(document):
        listed = node.raw.get("config")
        if node.class_name != "Sequential" or not isinstance(listed, list) or node.at.part != "config":
            continue
        name = fresh("sequential", taken)
        taken.add(name)
        yield Finding(
            node.at / "config",
            "the config of the Sequential model is a bare list of layers, as Keras 0.3 to 2.2.2 wrote it",
            repair=Repair("write it as name and layers", (Edit(node.at / "config", old=listed, new={"name": name, "layers": listed}),)),
            keras_says="TypeError: pop expected at most 1 argument, got 2",
        )
