"""One row of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """`code` is the check the file is for (of a healthy file: its sick twin's); `twin` the healthy file a cure must equal, if not the obvious one."""

    code: str
    what: str
    saved_by: str
    cure: str = ""
    twin: str | None = None


K2_13, K2_9, K2_2 = "Keras 2.13 (TF 2.13.1)", "Keras 2.9 (TF 2.9.3)", "Keras 2.2.5 (TF 1.14)"
K3, K2, K1 = "Keras 3.15.1", "Keras 2.15 (TF 2.15.1)", "Keras 1.2.2 (Python 3.6)"


def after(release: str) -> str:
    return f"{release}, then damaged"
