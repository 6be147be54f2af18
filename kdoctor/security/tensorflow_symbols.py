"""What the layers of tf.keras that stand for one operation of TensorFlow name, and what of it is no part of a model.

Keras 2 takes any exported symbol of TensorFlow for a layer's function, and calls it while the file loads, with the constants that the file
has for it: measured with TensorFlow 2.15, whose Keras writes a file for ``io.write_file``, copies one for ``io.gfile.copy``, loads a library
for ``load_op_library`` and fetches one for ``keras.utils.get_file``, safe mode or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.pointer import Pointer
from kdoctor.structure.outline import objects_named

# class name -> the keys of its config that name what is called
NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "TFOpLambda": ("function",), "SlicingOpLambda": ("function",), "ClassMethod": ("cls_symbol", "method_name"),
    "InstanceMethod": ("attr_name",), "InstanceProperty": ("attr_name",),
}  # fmt: skip
OF_GRAPHS: Final = "TensorFlowOpLayer"  # which holds the operation itself
SYMBOLS: Final = ("function", "cls_symbol")  # names of TensorFlow; the others are attributes of what is found there
OLD_NAMES: Final = ("compat.v1.", "compat.v2.", "_api.v2.")
# Below these names TensorFlow 2.15 and before export mathematics alone, or what takes tensors apart.
MATHEMATICS: Final = frozenset(
    """
    math nn linalg signal image strings ragged sparse sets random bitwise audio quantization __operators__ dtypes nest layers
    experimental.numpy distributions initializers losses metrics feature_column autodiff manip spectral
    """.split()  # noqa: SIM905 (a table of names)
)
# Elsewhere, these do.
HARMLESS: Final = re.compile(
    r"(io\.)?(decode|encode|parse|serialize|deserialize|is_jpeg|extract_jpeg)\w*|debugging\.(assert|check|is_)\w*|keras\.(backend|activations|losses|metrics)\.\w+"
)
# Wherever they stand, these do not: libraries, files, hosts, Python, other programs, and what changes TensorFlow itself.
ACTING: Final = re.compile(
    r"load_\w*(library|plugin)\w*|(py|numpy)_func(tion)?|[Pp]rint\w*|(read|write)_file|matching_files|import_graph_def|get_logger|\w*vocabulary_file|rpc_\w+"
    r"|Rpc\w+|\w*Reader(Base|V2)?|\w*TextFile(V2)?|\w*MatchingFiles\w*|\w*trt_\w+|\w*custom_call\w*|\w*call_module\w*|register_\w+|RegisterGradient"
    r"|quantize_saved_model|\w*DatasetSaver|(en|dis)able_\w+|experimental_enable_\w+|(shutdown|configure)_\w+|save|restore|\w*_restore_v2"
)
HIDDEN: Final = re.compile(r"__\w+__")
OPERATION: Final = re.compile(r"""["']?\bop["']?\s*:\s*["'](\w+)["']""")


class Called(NamedTuple):
    """A name that a layer would call, and where it stands."""

    at: Pointer
    name: str


def acting_symbols(document: Document) -> Iterator[Called]:
    """The symbols and operations of TensorFlow that act on the machine, in layers that stand for one."""
    from kdoctor.saved_model.outside import touches_outside  # seldom needed

    for node in objects_named(document, {*NAMED, OF_GRAPHS}):
        kind = node.class_name.rpartition(">")[2]
        for key in NAMED.get(kind, ()):
            name = node.config.get(key)
            if isinstance(name, str) and (acts(name) if key in SYMBOLS else HIDDEN.fullmatch(name)):
                yield Called(node.at / "config" / key, name)
        if kind == OF_GRAPHS:
            found = (name for name in OPERATION.findall(_text(node.config.get("node_def"))) if touches_outside(name))
            yield from (Called(node.at / "config" / "node_def", name) for name in found)


def acts(symbol: str) -> bool:
    """Whether a symbol of TensorFlow, as Keras writes its name, is none of mathematics."""
    from kdoctor.saved_model.outside import touches_outside

    name = symbol.strip().removeprefix("tf.")
    for old in OLD_NAMES:
        name = name.removeprefix(old)
    root, dot, rest = name.rpartition(".")
    if ACTING.fullmatch(rest):
        return True
    if root == "raw_ops":
        return touches_outside(rest)
    if HARMLESS.fullmatch(name):
        return False
    return bool(dot) and not any(name.startswith(f"{each}.") for each in MATHEMATICS)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else repr(value)
