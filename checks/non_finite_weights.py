from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.target import Target


@check("K704", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def non_finite_weights(document: Document, target: Target) -> Iterator[Finding]:
    """The stored weights hold NaN or infinity.

    The training diverged, or a checkpoint was taken too late. The file loads, and predicts NaN; where only the moving statistics of a
    BatchNormalization are affected, training looked fine all along.

    There is no cure: what the numbers were is not in the file. An inspection looks at the numbers of models of up to 64 KiB, and says it as a
    warning: Keras loads the file, and it computes what was saved. Who asks for a model that can be used, with ``--deep``, is told an error; a
    repair looks before it writes, for models of up to 64 MiB.
    """
    for at, fault in document.faults_of(FaultKind.NON_FINITE):
        yield Finding(
            at,
            f"{fault.detail['count']:,} of {fault.detail['of']:,} numbers of {fault.detail['name']} are NaN or infinite",
            repair=Repair("take an earlier checkpoint: what the numbers were is not in the file", safety=Safety.ADVICE),
            mild=bool(fault.detail.get("glance")),
        )
