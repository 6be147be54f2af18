"""The slower matrices: every Python, more mutants, the benchmarks. ``nox --list`` shows them; ``pip install nox`` first."""

from __future__ import annotations

import nox

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The test suite on each Python."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs, env=QUIET)


@nox.session
def slow(session: nox.Session) -> None:
    """Many mutants of every sample, instead of one; minutes to hours, as ``nox -s slow -- 1000`` asks."""
    session.install("-e", ".[test]")
    many, *_ = [*session.posargs, "100"]
    session.run("pytest", "tests/test_mutants.py", "tests/test_damage_by_chance.py", env={**QUIET, "KDOCTOR_MUTANTS": many})


@nox.session
def lint(session: nox.Session) -> None:
    """Style and types."""
    session.install("-e", ".[test]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """kdoctor against load_model, a bare read, and itself."""
    session.install(".[verify]")
    session.run("python", "benchmarks/run.py", *session.posargs, env=QUIET)
