"""``kdoctor code``: the Python that rebuilds a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdoctor.cli.answers import BindOption, HubPathOption, InputShapeOption, SetOption, answers
from kdoctor.cli.options import CustomOption, Format, FormatOption, TargetOption, existing, make_target
from kdoctor.errors import UsageError
from kdoctor.packs import load_checks

if TYPE_CHECKING:
    from kdoctor.rebuild.from_file import Rebuilt


def code(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A saved Keras file: .keras, .h5, .hdf5, or an unzipped folder.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="OUT.py", help="Write it there; default: print it.")] = None,
    sklearn: Annotated[
        bool, typer.Option("--sklearn", help="The function that keras.wrappers.SKLearnClassifier and its like take.")
    ] = False,
    target: TargetOption = "installed",
    bind: BindOption = [],  # noqa: B006 - typer copies it
    custom: CustomOption = [],  # noqa: B006
    set_arguments: SetOption = [],  # noqa: B006
    hub_path: HubPathOption = [],  # noqa: B006
    input_shape: InputShapeOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Print the Python that rebuilds FILE's model, ready for its weights; exit code 1 where something in it cannot be said in Python."""
    from kdoctor.rebuild.from_file import rebuild_file

    existing([file])
    if out is not None and out.exists():
        raise UsageError(f"{out}: exists already; kdoctor overwrites nothing")
    given = answers(bind, custom, set_arguments, hub_path, False, input_shape)
    made = rebuild_file(file, make_target(target, custom=custom, given=given), load_checks(), for_sklearn=sklearn)
    _show(made, file, out, format)
    raise typer.Exit(1 if made.refusals else 0)


def _show(made: Rebuilt, file: Path, out: Path | None, format: Format) -> None:
    from kdoctor.report.printable import printable

    text = None if made.refusals or made.script is None else made.script.text
    if text is not None and out is not None:
        out.write_text(text, encoding="utf-8")
    if format is Format.JSON:
        from kdoctor.report import json

        stubs = () if made.script is None else made.script.stubs
        typer.echo(json.render_code(str(file), text, None if out is None or text is None else str(out), made.refusals, stubs))
    elif text is not None and out is None:
        typer.echo(text, nl=False)
    for sentence in made.refusals:
        print(printable(f"kdoctor: {file}: {sentence}"), file=sys.stderr)
    for name in made.script.stubs if text is not None and made.script is not None else ():
        print(f"kdoctor: {file}: the code of {name} is not in the file: a stub stands for it", file=sys.stderr)
