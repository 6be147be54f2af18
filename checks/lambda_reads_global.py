from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.custom.lambda_layers import brought
from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.replacements.lambda_cures import cures
from kdoctor.structure.lambdas import Lambda, loadable
from kdoctor.target import Target

from ._paste import pasted_beside
from ._quote import quoted

if TYPE_CHECKING:
    from kdoctor.bytecode.code import Code
    from kdoctor.bytecode.names import GlobalRead

# Names under which people import modules that a Lambda uses; Keras's own loader supplies none of them.
MODULES = {
    "tf": "tensorflow",
    "tensorflow": "tensorflow",
    "K": "keras.backend",
    "backend": "keras.backend",
    "keras": "keras",
    "ops": "keras.ops",
    "layers": "keras.layers",
    "np": "numpy",
    "numpy": "numpy",
    "math": "math",
    "jnp": "jax.numpy",
    "jax": "jax",
    "torch": "torch",
    "F": "torch.nn.functional",
}


@check("K402", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def lambda_reads_global(document: Document, target: Target) -> Iterator[Finding]:
    """A stored function reads names that are not in the file.

    Only the code of a lambda is saved, not the script around it: ``lambda x: x[:, -CONV_WIDTH:, :]`` comes back without
    ``CONV_WIDTH``, and a module imported as ``tf`` or ``K`` is not there either. Keras says "name 'CONV_WIDTH' is not defined", often
    only when the model is called, or hides it: "Layer count mismatch when loading weights from file. Model expected 0 layers".

    Keras 2 runs the code among the globals of its own module, where ``tf`` and ``np`` happen to be found: a warning.

    The values must come from whoever wrote the script: ``fix model.keras --bind CONV_WIDTH=3``, or ``--bind-from train.py``, which reads
    the constants at the top level of the script and runs none of it. With them the cure of K401 writes the function with Keras's own
    operations. Modules are known by their usual names and need nothing; one that was imported under another name, and a function that was
    imported alone, is what it was imported from: ``--bind B=keras.backend``, ``--bind relu=tensorflow.nn.relu``.

    The file cannot tell whether a value is right: another ``CONV_WIDTH`` loads as well and computes something else. Where the script
    changed the name after it made the model, or read it from a file or the command line, ask for the value that the training used. A
    function of your own has no value to bind: the finding then shows a registered layer, to paste beside the function and put in the
    Lambda's place; ``fix --custom`` with the file that defines it does that.
    """
    for found in loadable(document):
        names = () if found.code is None else _globals(found.code)
        missing = _by_name(read for read in names if not read.is_builtin and read.name not in target.given.bindings)
        found_there = missing.keys() <= _bound(target)
        if found.code is None or not missing:
            continue
        if _is_wrapper(found.code):
            yield _wrapped(found)
            continue
        repair = None if found_there else cures(document, target).of(found.at) or brought(document, target, found)
        yield Finding(
            found.at,
            f"{found.described} reads {', '.join(_told(name, reads) for name, reads in missing.items())}: not in the file"
            + (f", but among the globals of {target} that load it" if found_there else ""),
            repair=repair,
            needs=tuple(Need("--bind", name, _why(reads)) for name, reads in missing.items() if name not in MODULES and repair is None),
            layer=found.owner,
            keras_says=None if found_there else f"NameError: name '{next(iter(missing))}' is not defined",
            mild=found_there,
            excerpt=(None if found_there else pasted_beside(document, target, found, missing.keys() - MODULES.keys()))
            or quoted(found.code, tuple(missing), f"not in the file (bytecode of Python {found.code.python})"),
        )


def _wrapped(found: Lambda) -> Finding:
    """``Lambda(tf.abs)``: TensorFlow wraps its functions to tidy up error messages, and Keras saved the wrapper."""
    return Finding(
        found.at,
        f"{found.described} is TensorFlow's wrapper around one of its functions, which the file does not name",
        needs=(Need("FILE", "the function, as lambda x: tf.abs(x) in the script", "the file holds the wrapper alone"),),
        layer=found.owner,
        keras_says="NameError: name 'is_traceback_filtering_enabled' is not defined",
    )


def _is_wrapper(code: Code) -> bool:
    from kdoctor.bytecode.generated import is_wrapper

    return is_wrapper(code)


def _bound(target: Target) -> set[str]:
    """The names that the code finds in the module of the target that loads it."""
    bound = (("tf", habits.BINDS_TF), ("K", habits.BINDS_K), ("np", habits.BINDS_NUMPY))
    return {name for name, habit in bound if habit.of(target)}


def _globals(code: Code) -> tuple[GlobalRead, ...]:
    from kdoctor.bytecode.names import names_read  # few files hold code, and its readers are dear to import

    return names_read(code).globals


def _by_name(reads: Iterator[GlobalRead]) -> dict[str, list[GlobalRead]]:
    grouped: dict[str, list[GlobalRead]] = {}
    for read in reads:
        grouped.setdefault(read.name, []).append(read)
    return grouped


def _why(reads: list[GlobalRead]) -> str:
    if _is_owner(reads):
        return f"the function reads {reads[0]}: a module by another name is what it was imported from, such as keras.backend"
    return "the function reads it, and the file does not hold it"


def _told(name: str, reads: list[GlobalRead]) -> str:
    used = ", ".join(dict.fromkeys(str(read) for read in reads))
    if name in MODULES:
        return f"{used} (the module {MODULES[name]})"
    return f"{used} (if {name} is a module, it is what it was imported from: {name}=keras.backend)" if _is_owner(reads) else name


def _is_owner(reads: list[GlobalRead]) -> bool:
    return all(read.attributes for read in reads)
