"""``kdoctor convert``: the same model in another container or for another Keras, without loading it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdoctor.cli.answers import (
    BindFromOption,
    BindOption,
    DropOption,
    EmbedOption,
    HubPathOption,
    InputShapeOption,
    KeepOption,
    SetOption,
    UnsafeOption,
    answers,
    state_wish,
    with_script,
)
from kdoctor.cli.brought import brought, under
from kdoctor.cli.options import (
    CustomOption,
    Format,
    FormatOption,
    TargetOption,
    make_target,
    page_width,
    wants_color,
)
from kdoctor.container import Container
from kdoctor.doctor import convert_file
from kdoctor.engine import Plan
from kdoctor.errors import UsageError, WriteError
from kdoctor.packs import load_checks

if TYPE_CHECKING:
    from kdoctor.repair import Outcome


def convert(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A saved Keras file, here or at an address: .keras, .h5, .hdf5, or an unzipped folder.")
    ],
    to: Annotated[Container, typer.Option("--to", help="keras: a .keras archive; h5: one HDF5 file, for what reads nothing else.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="OUT", help="The new file; default: beside FILE, by its name.")] = None,
    target: TargetOption = "installed",
    bind: BindOption = [],  # noqa: B006 - typer copies it
    bind_from: BindFromOption = None,
    custom: CustomOption = [],  # noqa: B006
    set_arguments: SetOption = [],  # noqa: B006
    hub_path: HubPathOption = [],  # noqa: B006
    embed: EmbedOption = False,
    input_shape: InputShapeOption = None,
    drop_optimizer: DropOption = False,
    keep_optimizer: KeepOption = False,
    unsafe: UnsafeOption = False,
    verify: Annotated[bool, typer.Option("--verify", help="Load the new file with real Keras before it gets its name.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Write FILE's model as a .keras archive or an .h5, everything cured that `fix` cures. Weights are copied, not loaded."""
    from kdoctor.repair import REMAIN, Outcome, Wish, carry_out  # the writers: nothing that the other commands need

    given = answers(bind, custom, set_arguments, hub_path, embed, input_shape)
    given = replace(given, state=state_wish(drop_optimizer, keep_optimizer))
    with brought(file, out) as (path, named):
        asked = with_script(path, make_target(target, custom=custom, given=given), bind_from)
        if verify and not asked.keras_3:
            raise UsageError("--verify loads the file with the installed Keras, which is not the target")
        plan = under(convert_file(path, asked, load_checks(), to, unsafe=unsafe), file)
        try:
            outcome = carry_out(plan, named, Wish(out, copy_healthy=True, verify=verify))
        except WriteError as error:
            if format is Format.JSON:
                _show(plan, Outcome(None, f"Nothing was written: {error}.", REMAIN), format)
            raise
        _show(plan, outcome, format)
    raise typer.Exit(outcome.exit_code)


def _show(plan: Plan, outcome: Outcome, format: Format) -> None:
    if format is Format.JSON:
        from kdoctor.report import json

        out = None if outcome.out is None else str(outcome.out)
        typer.echo(json.render_conversion(plan, plan.before.path, out, outcome.sentence, outcome.before_loading))
        return
    from kdoctor.report import text

    page = text.render_plan(plan, outcome.sentence, outcome.before_loading, width=page_width(), color=wants_color())
    typer.echo(page, nl=False, color=wants_color())
