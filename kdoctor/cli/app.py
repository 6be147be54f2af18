"""The commands of `kdoctor`, put together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from kdoctor import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

# Each is a module of this package that holds a function, or a group, of its own name; help lists them in this order.
COMMANDS: Final = ("inspect", "weights", "diff", "fix", "convert", "code", "snippet", "scan", "verify", "explain", "checks", "policy")


class Commands(TyperGroup):
    """Imports the module of a command when the command is asked for: what one needs would make all others start later."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        for name in (cmd_name,) if cmd_name in COMMANDS else COMMANDS:  # a name that is mistyped is held against all
            if name not in self.commands:
                self.commands[name] = _command(name)
        return self.commands.get(cmd_name)


def _command(name: str) -> Any:
    found: typer.Typer | Callable[..., None] = getattr(import_module(f"kdoctor.cli.{name}"), name)
    group = found if isinstance(found, typer.Typer) else typer.Typer(add_completion=False)
    if not isinstance(found, typer.Typer):
        group.command(name)(found)
    made = get_command(group)
    made.name = name
    return made


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The model doctor for saved Keras files: names what is wrong in a .keras or .h5 file, without running it, and repairs it.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"kdoctor {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")] = False,
) -> None:
    """The callback makes ``--version`` work; its docstring is not shown, the app's help is."""
