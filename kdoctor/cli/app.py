"""The commands of `kdoctor`, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from kdoctor import __version__
from kdoctor.cli.checks import checks
from kdoctor.cli.code import code
from kdoctor.cli.convert import convert
from kdoctor.cli.diff import diff
from kdoctor.cli.explain import explain
from kdoctor.cli.fix import fix
from kdoctor.cli.inspect import inspect
from kdoctor.cli.policy import policy
from kdoctor.cli.scan import scan
from kdoctor.cli.snippet import snippet
from kdoctor.cli.verify import verify
from kdoctor.cli.weights import weights

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The model doctor for saved Keras files: names what is wrong in a .keras or .h5 file, without running it, and repairs it.",
)
for command in (inspect, weights, diff, fix, convert, code, snippet, scan, verify, explain, checks):
    app.command()(command)
app.add_typer(policy, name="policy")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"kdoctor {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")] = False,
) -> None:
    """The callback makes ``--version`` work; its docstring is not shown, the app's help is."""
