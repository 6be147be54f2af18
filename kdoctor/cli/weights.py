"""``kdoctor weights``: every array of a file, whose it is, and the way out of HDF5."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdoctor.asked import asked_release
from kdoctor.cli.options import Format, FormatOption, TargetOption, existing, page_width, wants_color
from kdoctor.cli.progress import bar
from kdoctor.document import ABSENT
from kdoctor.errors import ReadError, UsageError
from kdoctor.faults import UNREAD, FaultKind
from kdoctor.keras_api.layouts import layout_of
from kdoctor.report.printable import printable

WRECK = "is not whole: these are the arrays that can still be found"
FOREIGN = frozenset({FaultKind.NOT_A_MODEL.value, FaultKind.OTHER_FORMAT.value})


def weights(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A saved Keras file, or weights alone: .weights.h5, .weights.json.")],
    target: TargetOption = "installed",
    format: FormatOption = Format.TEXT,
    deep: Annotated[bool, typer.Option("--deep", help="Least, mean and greatest number of each array, NaN, infinity, a checksum.")] = False,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="OUT.safetensors|OUT.npz", help="Write all arrays to this file, by their paths.")
    ] = None,
) -> None:
    """List the weights of FILE: path, layer, role, shape, dtype, bytes. Nothing in the file is run; only --deep and --to read numbers."""
    from kdoctor.archive import open_document
    from kdoctor.report import weights as report
    from kdoctor.weights.accounting import holdings
    from kdoctor.weights.balance import missing

    existing([file])
    if to is not None and to.suffix not in (".safetensors", ".npz"):
        raise UsageError(f"--to takes a name that ends in .safetensors or .npz, not {to.name!r}")
    document, layout = open_document(file), layout_of(asked_release(target))
    seen = {}
    if deep:
        from kdoctor.archive.numbers import measured

        with bar("reading") as progress:
            seen = dict(measured(document, progress))
    unread = [fault for _, fault in document.faults_of(*(kind.value for kind in UNREAD))]
    if not document.weights and (unread or document.config is ABSENT):
        raise ReadError(f"{file} has no weights that can be read (see kdoctor inspect)")
    left_out: dict[str, str] = {}
    if to is not None:
        from kdoctor.archive.export import export

        with bar("writing") as progress:
            left_out = export(document, to, progress)
    found, lost = holdings(document, layout), missing(document, layout)
    if format is Format.JSON:
        typer.echo(report.render_json(str(file), found, seen, lost))
    elif to is None:
        typer.echo(report.text(found, seen, lost, width=page_width(), color=wants_color()), nl=False, color=wants_color())
    else:
        typer.echo(f"Wrote {len(document.weights) - len(left_out)} arrays to {to}.")
    for path, why in left_out.items():
        typer.echo(printable(f"Left out: {path} ({document.weights[path].dtype}): {why}."), err=True)
    if any(fault.kind != FaultKind.JSON_MALFORMED.value and not fault.detail.get("complete") for fault in unread):
        state = "is no file of Keras's: these are the arrays in it" if FOREIGN & {fault.kind for fault in unread} else WRECK
        raise ReadError(f"{file} {state} (see kdoctor inspect)")
