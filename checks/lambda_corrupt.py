from __future__ import annotations

import re
from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.structure.lambdas import Lambda, lambdas
from kdoctor.target import Target

from ._keras_says import REFUSES_LAMBDA

DRIVE_WITHOUT_BACKSLASH = re.compile(rb"[A-Za-z]:/")


@check("K405", Severity.ERROR, since="0.1.0")
def lambda_corrupt(document: Document, target: Target) -> Iterator[Finding]:
    """What stands where a function should be is no code object of any Python: damaged, cut off, or something else.

    Keras refuses it in safe mode as it does every lambda; with ``safe_mode=False`` Python would unmarshal it, which says "bad marshal
    data", or crashes. The finding says at which byte the code stops making sense. kdoctor knows Python 2.7 and 3.5 to 3.14.

    One cause is Keras itself: on Windows it writes every byte 0x5c of the code as 0x2f, meant for the backslashes of file names
    (python_utils.func_dump), and so breaks instructions and constants that hold that byte. The instruction that it breaks most, which
    unpacks a list of tensors (``x, y = inputs``), is told from what is left of it, and is not reported here.

    Code over the bounds of a reader that meets hostile files (64 KiB of functions in a file, 80 objects within each other) is not examined, and
    the finding says that instead: what it does is not known. Python would run it like any other.

    There is no cure: nothing is known of the function. Build the layer from its source, or take the file as it was saved.
    """
    for found in lambdas(document):
        if found.malformed is None:
            continue
        what = (
            "holds code that was not examined, and what it does is not known"
            if found.unexamined
            else "is no code object that any Python writes"
        )
        on_windows = "; it was saved on Windows, where Keras replaces a byte of the code by another" if _from_windows(found) else ""
        yield Finding(
            found.at,
            f"{found.described} {what}: {found.malformed}{on_windows}",
            layer=found.owner,
            keras_says=REFUSES_LAMBDA,
        )


def _from_windows(found: Lambda) -> bool:
    """The path of the script, which every code object holds, has a drive and lost its backslashes."""
    return found.stored.code is not None and DRIVE_WITHOUT_BACKSLASH.search(found.stored.code) is not None
