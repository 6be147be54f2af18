from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.structure.lambdas import Lambda, loadable
from kdoctor.target import Target

if TYPE_CHECKING:
    from kdoctor.bytecode.names import GlobalRead

# The names under which people import what works on one backend's arrays only. K is the backend module of Keras 2, over TensorFlow.
BACKENDS = {"tf": "tensorflow", "tensorflow": "tensorflow", "K": "tensorflow", "torch": "torch", "F": "torch", "jnp": "jax", "jax": "jax"}
SAYS = (
    "NotImplementedError: We could not automatically infer the shape of the Lambda's output. Please specify the `output_shape` argument "
    "for this Lambda layer."
)


@check("K408", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def lambda_shape_unknown(document: Document, target: Target) -> Iterator[Finding]:
    """A Lambda does not say its output shape, and its function works on the arrays of one backend only.

    Keras 3 finds the shape by tracing the function with the backend in use. A function that calls ``tf.…`` cannot be traced by JAX or
    Torch: "We could not automatically infer the shape of the Lambda's output. Please specify the `output_shape` argument". The same
    message hides every other fault of the function, such as a name that is missing (K402).

    An error where the file says that it was saved with another backend than the function's; else an info, for the file does not
    say which backend will load it: with TensorFlow, ``tf.…`` is traced, and all is well.

    The cure is to say the same with Keras operations (K401's), which every backend traces; or to load it where the function works:
    ``KERAS_BACKEND=tensorflow``.
    """
    for found in loadable(document):
        if found.key != "function" or found.code is None or _states_shape(document, found):
            continue
        needed = _backend(found)
        if needed is None:
            continue
        saved = document.saved_by().backend
        elsewhere = saved in ("tensorflow", "jax", "torch") and saved != needed[1]
        why = f"the file was saved with {saved}" if elsewhere else f"with another backend than {needed[1]} Keras cannot infer it"
        yield Finding(
            found.at,
            f"a Lambda that states no output shape calls {needed[0]}: {why}",
            layer=found.owner,
            keras_says=SAYS,
            mild=not elsewhere,
        )


def _states_shape(document: Document, found: Lambda) -> bool:
    config = document.at(found.at.parent)
    return isinstance(config, Mapping) and config.get("output_shape") is not None


def _backend(found: Lambda) -> tuple[GlobalRead, str] | None:
    from kdoctor.bytecode.names import names_read  # few files hold code, and its readers are dear to import

    assert found.code is not None
    reads = (read for read in names_read(found.code).globals if read.name in BACKENDS and read.attributes)
    return next(((read, BACKENDS[read.name]) for read in reads), None)
