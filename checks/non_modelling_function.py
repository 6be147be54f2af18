from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.security.guards import judged
from kdoctor.security.hostile import hostile_references, is_acting, is_foreign
from kdoctor.security.tensorflow_symbols import acting_symbols
from kdoctor.target import Target

EXTRACTING = frozenset({"get_file", "extract_archive", "_extract_archive", "extract_open_archive"})


@check("K802", Severity.ERROR, since="0.1.0")
def non_modelling_function(document: Document, target: Target) -> Iterator[Finding]:
    """The config calls a function of Keras that is no part of any model: ``get_file``, ``load_model``, ``enable_unsafe_deserialization``.

    Named as an object of the model, such a function is called while the file loads: it fetches a file and unpacks it, loads another
    model without safe mode, or switches safe mode off for a Lambda that follows (CVE-2025-8747, CVE-2025-9906). Keras 3.11 and later
    refuse them; the finding says what the target does. The trigger is judged, whichever public or private module it is named by, and
    whatever else stands beside it: everything in ``keras.utils``, ``keras.saving``, ``keras.config``, ``keras.datasets`` and the like
    that is no layer, the constructors of ``keras.applications``, and functions that call what they are given.

    So are symbols of TensorFlow that a layer of tf.keras for one operation names (TFOpLambda, ClassMethod, TensorFlowOpLayer): ``io.write_file``,
    ``io.gfile.copy``, ``load_op_library``. Keras 2 calls any exported symbol with the constants that the file has for it, and has no guard.
    """
    for called in acting_symbols(document):
        yield Finding(
            called.at,
            f"a layer of tf.keras calls {called.name} of TensorFlow, which does something to the machine, and nothing in a model: Keras 2 calls it "
            "while it loads the file, safe mode or not",
        )
    for found in hostile_references(document):
        if is_acting(found) and not is_foreign(found):
            unpacks = bool(EXTRACTING.intersection(found.names))
            yield Finding(
                found.at,
                f"the config calls {found.path}, which does something to the machine or to Keras, and nothing in a model"
                f"{judged(target, 'extraction' if unpacks else 'non-modelling')}",
                keras_says=f"ValueError: Cannot deserialize `{found.path}` because it is not a modeling function.",
            )
