"""kdoctor: the model doctor for saved Keras files.

`scan` and `inspect` are the commands of these names for programs; what they need is imported when they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

    from kdoctor.file_report import FileReport as Report
    from kdoctor.policy.policy import Policy

__version__ = "0.1.0"
__all__ = ["__version__", "inspect", "load_policy", "scan"]


def inspect(path: str | PathLike[str], *, target: str = "installed") -> Report:
    """What is in one file and what is wrong with it, for one Keras release (as ``--target`` takes it); nothing in the file is run.

    A file that cannot be read gives a report with the verdict unknown. Raises `kdoctor.errors.UsageError` for an unknown target.
    """
    from kdoctor.interface import inspected

    return inspected(path, target)


def scan(
    paths: Iterable[str | PathLike[str]],
    *,
    policy: Policy | None = None,
    target: str | None = None,
    jobs: int | None = None,
    timeout: float = 60.0,
) -> Iterator[Report]:
    """A report for every model under the paths, as soon as it is known, in a stable order; each file is examined in a process with limits.

    policy: as `load_policy` reads it, None for none at all; target: instead of the policy's; jobs: processes, one per core by default;
    timeout: seconds for one file. Call it under ``if __name__ == "__main__":``, since processes are started. Raises
    `kdoctor.errors.UsageError` at once for a path that does not exist.
    """
    from kdoctor.interface import scanned

    return scanned(paths, policy, target, jobs, timeout)


def load_policy(path: str | PathLike[str]) -> Policy:
    """The policy of a TOML file, or of the ``[tool.kdoctor]`` in a pyproject.toml. Raises `kdoctor.errors.UsageError`."""
    from kdoctor.interface import policy_of

    return policy_of(path)
