"""What leaving an argument out means: the same as its value, or something else."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.document import Json
from kdoctor.edit import same
from kdoctor.keras_api.api_object import ApiObject, UnknownRelease
from kdoctor.keras_api.call_signatures import call_signature
from kdoctor.keras_api.catalogue import Catalogue, releases

# Releases whose constructors tell what an argument means when it is not given, where the saving release does not: the last of each family.
WITNESSES = ("2.15.0", "2.3.1")
# Arguments that describe how a layer was made or built, and nothing of what it computes: any value may go.
# Lambda: what its function looked like to tf.keras (saving_utils.LAMBDA_DEP_ARGS); MultiHeadAttention: shapes that it was built with.
# Embedding: a length that its input has (core/embedding.py of Keras 3.1 and later takes it out, and warns); SimpleRNN, GRU: in which of several
# ways that give the same numbers it is computed (layers/recurrent.py of Keras 2.0.9 takes it out, and warns; the GRU of Keras 3.0 knows one).
DESCRIPTIONS = {
    "Embedding": frozenset({"input_length"}),
    "SimpleRNN": frozenset({"implementation"}),
    "GRU": frozenset({"implementation"}),
    "Lambda": frozenset({"function_type", "module", "output_shape_type", "output_shape_module", "mask_type", "mask_module"}),
    "MultiHeadAttention": frozenset({"query_shape", "key_shape", "value_shape"}),
}
# What a class did before it took the argument, where no release has it for a default: an image's channels came last
# (keras/layers/reshaping/zero_padding1d.py, keras/layers/preprocessing, keras/layers/core/flatten.py).
CHANNELS_LAST = frozenset(
    """
    CenterCrop Flatten RandomBrightness RandomContrast RandomCrop RandomFlip RandomRotation RandomTranslation RandomZoom Resizing ZeroPadding1D
    """.split()  # noqa: SIM905 (a table of names)
)
# What a layer says of itself once it is made (keras/src/layers/layer.py), and no constructor takes.
STATE = frozenset({"built"})
# Variables are stored: how they would be made afresh changes nothing, neither which initializer nor how it is told.
INITIALIZER = "initializer"


def means_nothing(kind: str, class_name: str, argument: str, value: Json, saved_by: str | None, found: ApiObject | None = None) -> bool:
    """Whether a constructor that is not given the argument does what one that knows it does with this value.

    found: what the target's loader found, whose home other releases know, too: no name leads to an operation (``Argmax``).
    """
    if argument in DESCRIPTIONS.get(class_name, ()) or argument.endswith(INITIALIZER) or kind == INITIALIZER:
        return True
    if kind == "layer" and argument in STATE and isinstance(value, bool):
        return True
    if argument == "data_format" and class_name in CHANNELS_LAST and value == "channels_last":
        return True
    defaults = tuple(_defaults(kind, class_name, argument, saved_by, found))
    if not defaults and value is None:
        return True  # an argument of a release to come, not given
    return any(same(value, default) or _equal_numbers(value, default) for default in defaults)


def _defaults(kind: str, class_name: str, argument: str, saved_by: str | None, known: ApiObject | None) -> Iterator[Json]:
    """The default that releases which take the argument give it, the saving release first."""
    for release in (*([saved_by] if saved_by else []), *WITNESSES, *reversed(releases())):
        try:
            catalogue = Catalogue.load(release)
        except UnknownRelease:
            continue
        at_home = catalogue.resolve(known.module, known.name) if known is not None else None
        found = at_home or catalogue.legacy(kind, class_name)
        if found is not None and argument in found.parameters:
            yield found.parameters[argument]


def says_nothing_in_call(class_name: str, argument: str, value: Json, saved_by: str | None) -> bool:
    """Whether calling a layer without a keyword does what a release whose ``call`` knows it does with this value."""
    defaults = []
    for release in (*([saved_by] if saved_by else []), *WITNESSES, *reversed(releases())):
        try:
            found = Catalogue.load(release).legacy("layer", class_name)
            taken = call_signature(found.path, release) if found is not None else None
        except UnknownRelease:
            continue
        if taken is not None and argument in taken.parameters:
            defaults.append(taken.parameters[argument])
    return any(same(value, default) for default in defaults)


def _equal_numbers(value: Json, default: Json) -> bool:
    return type(value) in (int, float) and type(default) in (int, float) and value == default
