from __future__ import annotations

import re
from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check, remove_faults
from kdoctor.document import Document, Fault
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.security.guards import judged
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import found_in_objects
from kdoctor.target import Target

# A name that a folder's path is made of: no release gives a layer one of these by itself.
LEADS_OUT = re.compile(r"(?:.*[/\\])?\.\.(?:[/\\].*)?|[/\\].*|[A-Za-z]:[/\\].*", re.DOTALL)
LEADING = frozenset("./\\")  # what such a name has one of
SHOWN = 3


@check("K806", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def path_traversal(document: Document, target: Target) -> Iterator[Finding]:
    """A name in the file leads out of the folder that it is to stand in: ``../../.bashrc``, ``/etc/cron.d/x``, ``C:\\x``, a link.

    Whoever unpacks such an archive, or keeps a layer's vocabulary in a folder of the layer's name (CVE-2026-12479), writes or reads a
    file somewhere else on the machine. So does the map of a model whose weights stand in several files, where it names one elsewhere.
    Keras 3.15: "Invalid asset path: '../x' escapes the asset directory."

    The cure leaves such members out: they are no part of the model. A layer of such a name gets a plain one by
    the cure of K207, which every slash in a name asks for. In an unpacked archive a link to a file elsewhere is a warning: caches of
    model hubs are made of links. Those of huggingface_hub lead from a snapshot to the files of the same download, and are not told.
    """
    for at, fault in document.faults_of(FaultKind.PATH_TRAVERSAL):
        yield _members(at, fault)
    for at, fault in document.faults_of(FaultKind.IRREGULAR_NAMES):
        if links := [name for name, why in (fault.detail.get("why") or {}).items() if why in ("symlink", "device")]:
            yield Finding(
                at, f"a part of the model is a link or a device where the archive is unpacked: {', '.join(map(repr, links[:SHOWN]))}"
            )
    for node, name in found_in_objects(document, _leading_out, named=True):
        yield Finding(
            node.at,
            f"the name of a {node.class_name}, {name!r}, leads out of the folder that its files are kept in{judged(target, 'asset-path')}",
            keras_says=f"ValueError: Invalid asset path: '{name}' escapes the asset directory.",
        )


def _leading_out(node: Node) -> Iterator[tuple[Node, str]]:
    inner, outer = node.config.get("name"), node.raw.get("name")
    if inner is None and outer is None:
        return
    for name in (inner,) if outer is None or outer == inner else (inner, outer):
        if isinstance(name, str) and not LEADING.isdisjoint(name) and LEADS_OUT.fullmatch(name):
            yield node, name


def _members(at: Pointer, fault: Fault) -> Finding:
    names, where = [str(name) for name in fault.detail.get("names") or ()], fault.detail.get("listed_in")
    why = fault.detail.get("why", {})
    shown = ", ".join(f"{name!r} ({why.get(name)})" for name in names[:SHOWN])
    shown += f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    if where == "folder":
        advice = Repair("put the files themselves into the folder", safety=Safety.ADVICE)
        return Finding(at, f"links in the folder lead to files elsewhere: {shown}", repair=advice, mild=True)
    if where:
        return Finding(at, f"{where} names files outside of the archive: {shown}")
    return Finding(
        at, f"members of the archive lead out of the folder it is unpacked to: {shown}", repair=remove_faults("leave them out", (at, fault))
    )
