"""Variables of Dense, EinsumDense, Embedding and ReversibleEmbedding, plain, with LoRA, or quantized (Keras 3.15.1, layers/core)."""

from __future__ import annotations

from kdoctor.document import Json
from kdoctor.keras_api.einsum import read_equation
from kdoctor.keras_api.variables.variable import Config, Inner, Shape, Shapes, Variable, Variables, first, length, own, times, whole
from kdoctor.structure.objects import Node

ADAPTABLE = ("Dense", "EinsumDense", "Embedding", "ReversibleEmbedding", "Conv1D", "Conv2D", "Conv3D")  # take LoRA, some quantization
HISTORY = 1024  # QuantizedFloat8DTypePolicy.default_amax_history_length
LOW_RANK = "lora_"  # begins the roles of the two matrices that LoRA trains
CALIBRATED = ("gptq", "awq")  # with data of the user's
FLOAT8 = ("inputs", "kernel", "outputs_grad")


def dense(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    config, units = node.config, whole(node.config["units"])
    rows = length(first(shapes), -1)
    kernel, scale = (rows, units), (units,)
    bias = (units,) if config.get("use_bias", True) else None
    return _kernel_and_bias(config, kernel, bias, (rows, units), scale)


def einsum_dense(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    found = read_equation(node.config, first(shapes))
    rows, columns = times(*found.reduced), times(*found.kept)
    mode = quantization(node.config)
    if mode in CALIBRATED:
        rows, columns = _as_matrix(found.kernel)
    scale = found.scale if mode == "int8" else (columns,)
    return _kernel_and_bias(node.config, found.kernel, found.bias, (rows, columns), scale)


def _as_matrix(kernel: Shape | None) -> tuple[int | None, int | None]:
    """The kernel of an EinsumDense as gptq and awq take it: its longest axis is what goes in, or what comes out."""
    known = [one for one in kernel or () if one is not None]
    if kernel is None or len(known) != len(kernel) or len(kernel) not in (2, 3):
        return None, None
    split = 1 if len(kernel) == 2 or known.index(max(known)) == 0 else 2
    return times(*known[:split]), times(*known[split:])


def _kernel_and_bias(
    config: Config, kernel: Shape | None, bias: Shape | None, matrix: tuple[int | None, int | None], scale: Shape | None
) -> Variables | None:
    """``variable_serialization_spec`` of Dense and EinsumDense: ``matrix`` is the kernel as rows and columns."""
    mode = quantization(config)
    plain: list[tuple[str, Shape | None]] = [] if bias is None else [("bias", bias)]
    if mode is None:
        return own(("kernel", kernel), *plain)
    if mode == "int8":
        return own(("kernel", kernel), *plain, ("kernel_scale", scale), frozen=("kernel", "kernel_scale"))
    if mode == "int4":
        rows, columns = matrix
        size = block(config)
        packed = (rows, _ceiling(columns, 2))
        if size is None:
            return own(("kernel", packed), *plain, ("kernel_scale", (columns,)), frozen=("kernel", "kernel_scale"))
        grouped = (_ceiling(rows, size), columns)
        more = (("kernel_scale", grouped), ("kernel_zero", grouped), ("g_idx", (rows,)))
        return own(("kernel", packed), *plain, *more, frozen=("kernel", "kernel_scale", "kernel_zero", "g_idx"))
    if mode == "float8":
        states: list[tuple[str, Shape | None]] = []
        for name in FLOAT8:
            states += [(f"{name}_scale", ()), (f"{name}_amax_history", (history(config),))]
        return own(("kernel", kernel), *plain, *states)
    return _calibrated(config, plain, matrix)


def _calibrated(config: Config, plain: list[tuple[str, Shape | None]], matrix: tuple[int | None, int | None]) -> Variables | None:
    """gptq and awq: the matrix stands turned, two numbers of four bits in a byte, with a scale and a zero point for each group of rows.

    Their policies say ``gptq/4/128``: bits, and rows of a group, -1 for all (``_gptq_build`` and ``_awq_build``).
    """
    name, bits, size = (*(_mode(config.get("dtype")) or "").split("/"), "", "")[:3]
    rows, columns = matrix
    if name not in CALIBRATED or not bits.isdecimal() or not (size == "-1" or (size.isdecimal() and int(size) > 0)):
        return None
    grouped = (columns, 1 if size == "-1" else _ceiling(rows, int(size)))
    packed = (_ceiling(columns, 2) if bits == "4" else columns, rows)
    scaled: list[tuple[str, Shape | None]] = [("kernel", packed), ("kernel_scale", grouped), ("kernel_zero", grouped)]
    scaled += [("awq_scales", (rows,))] if name == "awq" else []
    scaled += [("g_idx", (rows,))]
    return own(*plain, *scaled, frozen=[role for role, _ in scaled])


def overwritten(node: Node, role: str) -> bool:
    """Whether training writes the gradient itself over a variable, as over the scales of float8, for which optimizers then keep nothing."""
    names = {f"{name}_{part}" for name in FLOAT8 for part in ("scale", "amax_history")}
    return role in names and node.class_name in ADAPTABLE and quantization(node.config) == "float8"


def embedding(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    return _embedding(node.config, ())


def reversible_embedding(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    config = node.config
    if config.get("tie_weights", True):
        return _embedding(config, ())
    words, width, mode, size = whole(config["input_dim"]), whole(config["output_dim"]), quantization(config), block(config)
    if mode is None:
        return _embedding(config, (("reverse_embeddings", (width, words)),))
    packed = (_ceiling(width, 2), words) if mode == "int4" else (width, words)
    scale = (_ceiling(width, size), words) if mode == "int4" and size is not None else (words,)
    zero = (("reverse_embeddings_zero", scale),) if len(scale) == 2 else ()
    return _embedding(config, (("reverse_embeddings", packed), ("reverse_embeddings_scale", scale), *zero))


def _embedding(config: Config, more: tuple[tuple[str, Shape], ...]) -> Variables | None:
    """``variable_serialization_spec`` of Embedding, with what a ReversibleEmbedding adds."""
    words, width, mode = whole(config["input_dim"]), whole(config["output_dim"]), quantization(config)
    if mode is None:
        return own(("embeddings", (words, width)), *more)
    named: list[tuple[str, Shape | None]]
    if mode == "int8":
        named = [("embeddings", (words, width)), ("embeddings_scale", (words,))]
    elif mode == "int4":
        size = block(config)
        grouped = (words,) if size is None else (words, _ceiling(width, size))
        named = [("embeddings", (words, _ceiling(width, 2))), ("embeddings_scale", grouped)]
        named += [] if size is None else [("embeddings_zero", grouped), ("g_idx", (width,))]
    else:
        return None
    named += more
    return own(*named, frozen=[role for role, _ in named])


def quantization(config: Config) -> str | None:
    """The quantization mode that a layer's dtype policy names: int8, int4, float8, gptq, awq; None for plain numbers.

    Raises `TypeError` for a DTypePolicyMap, which gives each layer a policy by its path in the model.
    """
    mode = _mode(config.get("dtype"))
    return None if mode is None else mode.split("/")[0]


def _mode(policy: Json) -> str | None:
    """``int8``, ``int4/128``, ``float8``, …: from a policy's config or its name (``int8_from_float32``)."""
    if isinstance(policy, dict):
        if policy.get("class_name") == "DTypePolicyMap":
            raise TypeError("a DTypePolicyMap names the policy of a layer by its path")
        found = policy.get("config", {}).get("mode")
        return found if isinstance(found, str) else None
    return policy.split("_from_")[0] if isinstance(policy, str) and "_from_" in policy else None


def block(config: Config) -> int | None:
    """The block size of int4 quantization, None where a channel is one block (quantization_config.get_block_size_for_layer)."""
    chosen = config.get("quantization_config")
    if isinstance(chosen, dict) and "block_size" in chosen.get("config", {}):
        found = chosen["config"]["block_size"]
    else:
        found = int((_mode(config.get("dtype")) or "").partition("/")[2] or -1)
    return None if found in (None, -1) else whole(found)


def history(config: Config) -> int:
    policy = config.get("dtype")
    found = policy["config"].get("amax_history_length", HISTORY) if isinstance(policy, dict) else HISTORY
    return whole(found)


def in_h5(config: Config, variables: Variables) -> Variables | None:
    """The variables as an ``.h5`` has them, where the archive does not tell it: float8 makes its scales first, and LoRA keeps two arrays
    that an archive adds to the kernel. None of gptq and awq: its loader forgets that they were calibrated, and the call fails (run in 3.15.1)."""
    if quantization(config) in CALIBRATED:
        return None
    plain = [variable for variable in variables if variable.role in ("kernel", "bias")]
    found = (*[variable for variable in variables if variable not in plain], *plain) if quantization(config) == "float8" else variables
    return _with_low_rank(config, found) if config.get("lora_rank") else found


def _with_low_rank(config: Config, variables: Variables) -> Variables | None:
    """``enable_lora`` of Dense, EinsumDense, Embedding and the convolutions: the kernel is frozen, and two matrices are trained beside it,
    behind what the layer had. None where the order is not known."""
    held = {variable.role: variable for variable in variables}
    frozen = not any(variable.trainable for variable in variables)
    kernel = held.get("kernel", held.get("embeddings"))
    known = kernel is not None and held.keys() <= {"kernel", "bias", "kernel_scale", "embeddings", "embeddings_scale"}
    rank = config["lora_rank"]
    if (
        kernel is None
        or not known
        or type(rank) is not int
        or quantization(config) not in (None, "int8")
        or (frozen and quantization(config))
    ):
        return None
    shape = kernel.shape
    shapes = (None, None) if shape is None else ((*shape[:-1], rank), (rank, shape[-1]))
    names = [f"{LOW_RANK}{kernel.role}_{letter}" for letter in "ab"]
    low = [Variable(f"vars/{name}", name, shape, not frozen) for name, shape in zip(names, shapes, strict=True)]
    return (*[variable._replace(trainable=False) if variable is kernel else variable for variable in variables], *low)


def _ceiling(value: int | None, divisor: int) -> int | None:
    return None if value is None else -(-value // divisor)
