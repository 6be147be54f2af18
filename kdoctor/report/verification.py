"""What real Keras did with a file, in sentences."""

from __future__ import annotations

from kdoctor.report.printable import printable
from kdoctor.verify import Verification


def render(found: Verification, path: str, against: str | None) -> str:
    lines = [f"{path}: {_loaded(found)}"]
    if found.error:
        lines.append(f"  Keras says  {found.error}")
    if found.outputs:
        lines.append("  outputs     " + ", ".join(f"{tuple(output.shape)} {output.dtype}" for output in found.outputs))
    if against is not None and found.same is not None:
        said = "computes the same as" if found.same else "computes something else than"
        lines.append(f"  {said} {against}" + (f" (largest difference {found.max_abs_diff:.2g})" if found.max_abs_diff is not None else ""))
    memory = f", {found.peak_memory_bytes / 10**6:.0f} MB" if found.peak_memory_bytes else ""
    lines.append(f"  {found.seconds:.1f} s{memory}")
    return printable("\n".join(lines), lines=True)


def _loaded(found: Verification) -> str:
    release = f"Keras {found.keras} ({found.backend})" if found.keras else "Keras"
    if found.loads:
        return f"loads in {release}" + ("" if found.stage == "done" else f", but the {found.stage} fails: {found.outcome.value}")
    return f"does not load in {release}: {found.outcome.value}"
