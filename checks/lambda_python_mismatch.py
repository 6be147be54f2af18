from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.pythons import newest_python, oldest_python
from kdoctor.structure.lambdas import Lambda, lambdas
from kdoctor.target import Target

from ._paste import layer_to_paste

if TYPE_CHECKING:
    from kdoctor.bytecode.code import PythonRange, Release

END_OF_FILE = "EOFError: EOF read where object expected"
BAD_DATA = "ValueError: bad marshal data (unknown type code)"
UNKNOWN = "SystemError: unknown opcode"


@check("K404", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def lambda_python_mismatch(document: Document, target: Target) -> Iterator[Finding]:
    """The bytecode is of another Python than the one that will load the file: ``safe_mode=False`` does not help either.

    Every Python has its own bytecode. Between 2.7, 3.5-3.7, 3.8-3.10 and 3.11-3.14 not even the layout of a code object is the same:
    "bad marshal data (unknown type code)", "EOF read where object expected". Within such a group Python does not notice: simple code
    may run, other code says "unknown opcode", crashes the process, or computes something else without a word (a conditional expression
    of 3.10 under 3.9): a warning.

    It is said only when it is certain: the target is the Keras installed here, in this Python, or a release that can be
    installed in later Pythons alone (Keras 3.13 and later need Python 3.11). A release before Keras 3 is judged in the newest Python
    that its TensorFlow has wheels for.

    The cure is to say the same with Keras operations, which is K401's. Where that cannot be, the finding shows the function as a layer
    to paste into your script: build the model with it in the Lambda's place and load the weights. There is no ``--unsafe`` that compiles the
    source anew for the target's Python. The file written would still be refused by safe mode, so it would not load as ``fix`` promises; and
    kdoctor compiles and runs nothing of what a model holds, which the same source pasted into your own script does under your eyes.
    """
    for found in lambdas(document):
        if found.code is None:
            continue
        where = _where(found.code.python, target)
        if where is not None:
            yield _finding(document, found, *where)


def _where(written: PythonRange, target: Target) -> tuple[str, Release] | None:
    """Where the code cannot run, in words, and the Python that it would meet there; None if it may run."""
    if target.python is not None:
        return None if target.python in written else (f"{target} runs in Python {target.python[0]}.{target.python[1]} here", target.python)
    newest = newest_python(target)
    if newest is not None:
        told = f"{target} is judged in Python {newest[0]}.{newest[1]}, the newest that it can be installed in"
        return None if newest in written else (told, newest)
    oldest = oldest_python(target.minor)
    return None if written.last >= oldest else (f"{target} needs Python {oldest[0]}.{oldest[1]} or later", oldest)


def _finding(document: Document, found: Lambda, where: str, release: Release) -> Finding:
    from kdoctor.bytecode.layout import same_layout  # few files hold code, and its readers are dear to import

    assert found.code is not None
    readable = same_layout(found.code.python, release)
    outcome = "it may crash or compute something else" if readable else "it cannot be read there, not with safe_mode=False either"
    paste = layer_to_paste(document, found)
    return Finding(
        found.at,
        f"{found.described} is bytecode of Python {found.code.python}, and {where}: {outcome}",
        repair=None if paste is None else Repair("build the model with this layer in the Lambda's place", safety=Safety.ADVICE),
        layer=found.owner,
        keras_says=UNKNOWN if readable else END_OF_FILE if found.code.python.last <= (3, 7) and release >= (3, 11) else BAD_DATA,
        excerpt=paste,
        mild=readable,
    )
