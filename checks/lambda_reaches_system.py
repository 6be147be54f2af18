from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document, Format
from kdoctor.security.guards import judged
from kdoctor.structure.lambdas import lambdas
from kdoctor.target import Target

from ._keras_says import REFUSES_LAMBDA
from ._quote import quoted

if TYPE_CHECKING:
    from kdoctor.bytecode.code import Code
    from kdoctor.bytecode.reach import Reach

SHOWN = 8


@check("K407", Severity.ERROR, since="0.1.0")
def lambda_reaches_system(document: Document, target: Target) -> Iterator[Finding]:
    """A stored function reaches for more than a model needs: files, programs, the network, or Python itself.

    Bytecode in a model runs when the model is loaded or called, as whoever loads it. Known ways out are ``os``, ``subprocess``,
    ``socket``, ``open``, ``eval``, ``exec``, ``__import__``, ``pickle``, ``ctypes``; TensorFlow's own ``tf.io.read_file``,
    ``tf.py_function`` and Keras's ``get_file``; and what hides them: ``getattr`` with a computed name, ``base64``,
    ``().__class__.__subclasses__()``.

    Keras refuses it in safe mode: "Requested the deserialization of a `Lambda` layer whose `function` is a Python lambda". Never load
    such a file with ``safe_mode=False``, nor as an ``.h5`` with Keras before 3.11.3, where safe mode is not asked (CVE-2025-9905).

    There is no cure, whatever else is said of the function: kdoctor does not translate it. The names are judged, not the intention:
    a ``tf.py_function`` may be honest, but it runs Python that nobody can check from here.
    """
    of_keras = document.format is not Format.OTHER  # a SavedModel is loaded by Keras 2 alone, which refuses nothing in it
    trigger = "lambda" if document.format.native else "lambda-hdf5"
    for found in lambdas(document):
        ways = () if found.code is None else _reaches(found.code)
        if found.code is None or not ways:
            continue
        told = ", ".join(f"{way.name} ({way.what})" for way in ways[:SHOWN]) + (" …" if len(ways) > SHOWN else "")
        roots = tuple(way.name.split(".")[0] for way in ways)
        yield Finding(
            found.at,
            f"{found.described} reaches for the system: {told}{judged(target, trigger) if of_keras else ''}",
            layer=found.owner,
            keras_says=REFUSES_LAMBDA if of_keras else None,
            excerpt=quoted(found.code, roots, "no part of a model"),
        )


def _reaches(code: Code) -> tuple[Reach, ...]:
    from kdoctor.bytecode.reach import reaches  # few files hold code, and its readers are dear to import

    return reaches(code)
