"""``kdoctor policy check``: what the policy says, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from kdoctor.report.printable import printable

if TYPE_CHECKING:
    from kdoctor.policy.policy import Policy

policy = typer.Typer(no_args_is_help=True, add_completion=False, help="The policy of a deployment gate.")


@policy.callback()
def _group() -> None:
    """Makes ``check`` a command of its own, though it is the only one."""


@policy.command()
def check(
    config: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time
        typer.Option(
            "--config", metavar="FILE", help="The policy; else [tool.kdoctor] in the pyproject.toml of the working folder's project."
        ),
    ] = None,
) -> None:
    """Print the policy that a scan would follow, and its problems; the exit code is 1 if it has any."""
    from kdoctor.gate import today
    from kdoctor.policy.discovery import find_policy
    from kdoctor.policy.reading import read_policy

    found = read_policy(config) if config is not None else find_policy(())[0]
    problems = [*_problems(found, today())]
    for line in (*_lines(found), *(f"problem: {problem}" for problem in problems)):
        typer.echo(printable(line))
    raise typer.Exit(1 if problems else 0)


def _lines(found: Policy) -> Iterator[str]:
    yield f"policy          {found.source or 'none: every finding counts as it is'}"
    yield f"select          {', '.join(found.select) or 'everything'}"
    yield f"ignore          {', '.join(found.ignore) or 'nothing'}"
    yield f"severity        {', '.join(f'{code} = {one}' for code, one in found.severity.items()) or 'as the checks have it'}"
    yield f"fail-on         {'none' if found.fail_on is None else found.fail_on}"
    yield f"targets         {', '.join(found.targets) or 'the installed Keras'}"
    yield f"custom-objects  {', '.join(found.custom_objects) or 'none'}"
    yield f"packages        {', '.join(found.packages) or 'none'}"
    yield f"max-size        {'none' if found.max_size is None else f'{found.max_size:,} bytes'}"
    yield f"max-age-days    {'none' if found.max_age_days is None else found.max_age_days}"
    for number, rule in enumerate(found.rules, 1):
        said = [f"ignore {', '.join(rule.ignore)}"] if rule.ignore else []
        said += [f"{code} = {one}" for code, one in rule.severity.items()]
        until = f" until {rule.expires}" if rule.expires else ""
        yield f"rule {number:<10} {', '.join(rule.paths)}: {'; '.join(said) or 'nothing'}{until} ({rule.reason})"


def _problems(found: Policy, today: date) -> Iterator[str]:
    from kdoctor.asked import asked_release
    from kdoctor.errors import UsageError
    from kdoctor.gate import allowed
    from kdoctor.packs import load_checks
    from kdoctor.policy.bounds import PAGES

    codes = [*(one.code for one in load_checks()), *PAGES]
    prefixes = [*found.select, *found.ignore, *found.severity]
    prefixes += [prefix for rule in found.rules for prefix in (*rule.ignore, *rule.severity)]
    for prefix in dict.fromkeys(prefixes):
        if not any(code.startswith(prefix) for code in codes):
            yield f"no check has a code that begins with {prefix}; `kdoctor checks` lists them"
    for text in found.targets or ("",):
        try:
            allowed(asked_release(text), found)
        except UsageError as error:
            yield str(error)
    for number, rule in enumerate(found.rules, 1):
        if rule.expired(today):
            yield f"rule {number} expired on {rule.expires}: it no longer applies"
        elif rule.expires is None:
            yield f"rule {number} has no expiry date: it will outlive its reason"
        if not rule.ignore and not rule.severity:
            yield f"rule {number} neither ignores a code nor changes a severity"
