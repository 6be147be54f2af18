from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.custom.lambda_layers import brought
from kdoctor.document import Document
from kdoctor.keras_api.pythons import newest_python, oldest_python
from kdoctor.replacements.lambda_cures import cures
from kdoctor.replacements.lambda_recompiling import lost_name, recompiled
from kdoctor.structure.lambdas import Lambda, loadable
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

    The cure is K401's: the same with Keras operations, or your own layer with ``--custom``. For a release before Keras 3 it is the layer
    that the function is, in an ``.h5`` (``x / 255.0 - 0.5`` is a Rescaling, from TensorFlow 2.6 on). Where that cannot be, the finding shows the function as a layer
    to paste into your script: build the model with it in the Lambda's place and load the weights. That file loads everywhere.

    ``fix --unsafe`` is the last resort, for a Lambda whose whole source can be recovered, that reaches for nothing (K407), and whose captured
    values and defaults are in the file as they were: its source is compiled for the target's Python (the one that runs kdoctor, or
    ``--python PATH``) by a child process, which runs nothing of it. What comes back is written only if it computes, instruction by
    instruction, what the original does. Modules that it reads (``tf``, ``K``, ``np``) become imports in it, names given with ``--bind`` values.
    It is not done for a function that reads what its modules have no more (``from keras.backend import tf``, ``tf.image.resize_images``): it
    would fail as soon as Keras calls it.

    It is not safe, and never done unasked: the file **still holds bytecode**, so ``load_model`` still needs ``safe_mode=False`` and runs it, and
    it works in that one Python alone. It is not done for a function that decides or loops by the numbers in a tensor: Keras 2 rewrote such
    code from its source, which a stored function does not have. Keras 3's own functions may differ from those of the Keras that saved
    it (``K.random_normal``); ``kdoctor verify`` compares nothing here, because it loads in safe mode.
    """
    for found in loadable(document):
        if found.code is None:
            continue
        where = _where(found.code.python, target)
        if where is not None:
            yield _finding(document, target, found, *where)


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


def _finding(document: Document, target: Target, found: Lambda, where: str, release: Release) -> Finding:
    from kdoctor.bytecode.layout import same_layout  # few files hold code, and its readers are dear to import

    assert found.code is not None
    readable = same_layout(found.code.python, release)
    outcome = "it may crash or compute something else" if readable else "it cannot be read there, not with safe_mode=False either"
    cure = cures(document, target).of(found.at) or brought(document, target, found)
    paste = layer_to_paste(document, found) if cure is None else None
    advice = None if paste is None else Repair("build the model with this layer in the Lambda's place", safety=Safety.ADVICE)
    lost = lost_name(document, target, found) if cure is None and target.keras_3 else None
    then = "" if lost is None else f"; nor can it be compiled anew, because it reads {lost}, which {target} and its TensorFlow have not"
    return Finding(
        found.at,
        f"{found.described} is bytecode of Python {found.code.python}, and {where}: {outcome}{then}",
        repair=cure or recompiled(document, target, found) or advice,
        layer=found.owner,
        keras_says=UNKNOWN if readable else END_OF_FILE if found.code.python.last <= (3, 7) and release >= (3, 11) else BAD_DATA,
        excerpt=paste,
        mild=readable,
    )
