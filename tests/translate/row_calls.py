"""For every row of the table, calls with the arguments that people give: what `test_every_row` compares with TensorFlow, Keras and numpy.

x, y: (2, 4, 6) of any sign; p: the same, positive; u: between -0.9 and 0.9; m: (2, 4, 4); i: images (2, 6, 6, 3); v: (6,);
n: whole numbers (2, 3) below 4; b, c: truth values (2, 4, 6). All but n, b and c are of the dtype that is tried.
"""

from __future__ import annotations

from typing import Final

BINARY: Final = """
    add subtract sub multiply mul floordiv floor_div floor_divide mod floormod maximum minimum equal not_equal greater greater_equal less
    less_equal atan2 arctan2 truediv divide div realdiv squared_difference divide_no_nan eq ne gt ge lt le
"""
LOGICAL: Final = "logical_and logical_or logical_xor and or xor"
POSITIVE: Final = "log sqrt rsqrt reciprocal log1p"
UNIT: Final = "asin acos arcsin arccos atanh erfinv"
POOLS: Final = "avg_pool avg_pool2d max_pool max_pool2d"
# By the last part of a row's name, or all of it where another home takes other arguments. Everything else takes x alone.
CALLS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(BINARY.split(), ("x, y", "x, 2", "x, y[:, :1]")),
    **dict.fromkeys(LOGICAL.split(), ("b, c",)), "logical_not": ("b",), "invert": ("b",),
    **dict.fromkeys(POSITIVE.split(), ("p",)), **dict.fromkeys(UNIT.split(), ("u",)), "acosh": ("p + 1.0",),
    "tf.scalar_mul": ("2, x",), "pow": ("p, 2", "p, y", "p, 3"), "K.pow": ("x, 2", "x, 3"), "power": ("p, 2",),
    "cast": ("x, 'int32'", "x, 'float32'", "x, 'bool'"), "clip": ("x, -0.5, 0.5", "x, 0, 1"), "clip_by_value": ("x, -0.5, 0.5", "x, 0, 1"),
    "add_n": ("[x, y, x]",), "where": ("b, x, y", "b, x, 0", "b, 1.0, 0.0"), "tf.compat.v1.where": ("b, x, y",),
    "convert_to_tensor": ("x",),
    **dict.fromkeys(
        ["reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod", "reduce_euclidean_norm", "reduce_std", "reduce_variance", "reduce_logsumexp", "sum", "mean", "max", "min", "prod", "std", "var", "logsumexp"], ("x", "x, 1", "x, axis=-1, keepdims=True", "x, axis=[1, 2]"),
    ),
    **dict.fromkeys(["reduce_all", "reduce_any", "all", "any"], ("b", "b, axis=1", "b, axis=-1, keepdims=True")),
    **dict.fromkeys(["argmax", "argmin", "arg_max", "arg_min"], ("x, 1", "x, -1")), "K.argmax": ("x", "x, axis=1"), "K.argmin": ("x",),
    **dict.fromkeys(["cumsum", "cumprod"], ("x, axis=1",)), "tf.cumsum": ("x", "x, axis=1, reverse=True", "x, axis=1, exclusive=True", "x, -1, True, True"), "tf.cumprod": ("x, 2", "x, axis=2, exclusive=True"),
    "norm": ("x", "x, axis=1", "x, ord=1, axis=-1, keepdims=True"), "moments": ("x, [1]", "x, axes=[1, 2], keepdims=True"),
    "count_nonzero": ("x, axis=1", "x, axis=1, dtype='float32'", "x, axis=[-1, 1], keepdims=True", "x, None, True"),
    "reciprocal_no_nan": ("x", "x - x"), "multiply_no_nan": ("x, y", "x, 2.0", "x / (y - y), y - y"), "accumulate_n": ("[x, y, x]",),
    "clip_by_norm": ("x, 1.0", "x, 0.5, axes=[1]", "x, 2.0, -1", "x - x, 1.0"), "gather_nd": ("x, n[:, :1], batch_dims=1", "x, n[..., None], batch_dims=1"), "top_k": ("x, k=2",), "sort": ("x", "x, axis=1, direction='DESCENDING'"),
    "argsort": ("x", "x, axis=1, direction='DESCENDING'"), "l2_normalize": ("x, axis=-1", "x, 1"),
    "reshape": ("x, (-1, 3, 8)", "x, [2, 24]"), "transpose": ("x, [0, 2, 1]", "x"), "permute_dimensions": ("x, (0, 2, 1)",), "K.transpose": ("x",),
    "expand_dims": ("x, 1", "x, axis=-1"), "K.expand_dims": ("x", "x, 1"), "squeeze": ("x[:, :1], 1",), "concat": ("[x, y], 1", "[x, y], axis=-1"),
    "concatenate": ("[x, y]", "[x, y], axis=1"), "stack": ("[x, y]", "[x, y], axis=-1"), "pack": ("[x, y], axis=1",), "unstack": ("x, axis=1",),
    "split": ("x, 2, axis=1", "x, [2, 4], 2", "x, [1, -1], axis=-1"), "tile": ("x, [1, 2, 3]",), "K.repeat": ("x[:, 0], 3",), "repeat_elements": ("x, 2, 1",),
    "repeat": ("x, 2, axis=1", "x, 3, axis=-1", "x, [1, 0, 2, 1], axis=1"), "reverse": ("x, [1]",), "reverse_v2": ("x, [1]",), "K.reverse": ("x, 1",),
    "pad": ("x, [[0, 0], [1, 2], [0, 1]]", "x, [[0, 0], [1, 1], [2, 0]], mode='REFLECT'"), "temporal_padding": ("x", "x, (1, 2)"),
    "spatial_2d_padding": ("i", "i, ((1, 2), (0, 3))"), "roll": ("x, 1, axis=1", "x, [1, 2], axis=[1, 2]"), "broadcast_to": ("x[:, :1], (2, 4, 6)",),
    "one_hot": ("n, 4",), "tf.one_hot": ("n, 4", "n, 4, 2.0, -1.0", "n, depth=3, on_value=0.5, off_value=0.0, axis=1"), "space_to_depth": ("i, 2",), "depth_to_space": ("m[:, :, None], 2",),
    "gather": ("x, n[0], axis=1", "x, [2, 0], axis=2"), "K.gather": ("v, n",), "slice": ("x, [0, 1, 0], [-1, 2, -1]",), "K.slice": ("x, [0, 1, 0], [2, 2, 6]",),
    "strided_slice": ("x, [0, 1, 0], [2, 4, 6], [1, 2, 1]",), "getitem": ("x, (slice(None), 1)", "x, (slice(0, None, 2), slice(None), None)"),
    "tf.linalg.band_part": ("m, -1, 0", "m, 1, 1"), "matrix_band_part": ("m, 0, -1",), "shape_n": ("[x, y]",),
    "matmul": ("m, m", "m, x", "x, x, transpose_b=True"), "op.matmul": ("m, m", "m, x"), "batch_matmul": ("m, x",), "dot": ("m, m[0]", "m, m"),
    "batch_dot": ("x, y, axes=[1, 1]", "x, y, axes=(2, 2)", "x[:, 0], y[:, 0], axes=1"), "tensordot": ("m, m, [[2], [1]]", "m[0], m[1], 1"),
    "einsum": ("'bij,bkj->bik', x, y",), "diag_part": ("m",), "tf.linalg.diag": ("x",), "matrix_diag": ("v",), "det": ("m",), "inv": ("m",), "matrix_inverse": ("m",), "sequence_mask": ("n, 5", "n, maxlen=3, dtype='float32'"), "trace": ("m",), "matrix_transpose": ("x",), "matvec": ("m, m[:, 0]",),
    "xw_plus_b": ("m[0], m[1], m[0, 0]",),
    "leaky_relu": ("x", "x, 0.3"), "K.relu": ("x", "x, 0.1", "x, max_value=0.5", "x, threshold=0.5", "x, 0.1, 0.8, 0.2", "x, 0.2, None, -0.3", "x, -0.5, 0.2, 0.1"), "activations.relu": ("x", "x, max_value=0.5"),
    "K.softmax": ("x", "x, axis=1"), "softmax": ("x", "x, axis=1"), "log_softmax": ("x", "x, axis=1"), "elu": ("x",), "gelu": ("x",),
    "tf.nn.gelu": ("x", "x, approximate=True"), "bias_add": ("x, v",), "local_response_normalization": ("i", "i, 1, 1.0, 0.1, 0.75"), "lrn": ("i",),
    **dict.fromkeys(POOLS.split(), ("i, 2, 2, 'VALID'", "i, 3, 2, 'SAME'")), "avg_pool1d": ("x, 2, 2, 'VALID'",), "max_pool1d": ("x, 3, 1, 'SAME'",),
    "avg_pool3d": ("i[..., None], 2, 1, 'VALID'",), "max_pool3d": ("i[..., None], 2, 2, 'SAME'",), "tf.nn.pool": ("i, [2, 2], 'MAX'", "i, [2, 2], 'AVG', [2, 2], 'SAME'"),
    "pool2d": ("i, (2, 2)", "i, (2, 2), strides=(2, 2), padding='same', pool_mode='avg'"), "conv1d": ("m, m, 1, 'SAME'",), "tf.atan2": ("x, y", "x, x=y", "y=x, x=y"),
    "conv2d": ("i, i[:, :2, :3, :, None][0], 1, 'SAME'", "i, i[0, :2, :2, :, None], 2, 'VALID'"), "convolution": ("i, i[0, :2, :2, :, None], padding='SAME'",),
    "depthwise_conv2d": ("i, i[0, :2, :2, :, None], [1, 1, 1, 1], 'SAME'", "i, i[0, :3, :3, :, None], [1, 2, 2, 1], 'VALID'"),
    "K.conv1d": ("m, m, 1, 'same'", "x, x[0, :2, :, None] * v, padding='causal'", "m, m[:, :2], 2"),
    "K.conv2d": ("i, i[0, :2, :2, :, None], (1, 1), 'same'", "i, i[0, :3, :2, :, None], strides=(2, 2)"),
    "K.conv3d": ("i[..., None], i[0, :2, :2, :2, None, None], (1, 1, 1), 'same'",), "K.switch": ("b, x, y", "b[:, :, 0], x, y", "b, x, 0.0", "b[:, 0, 0], x, y"),
    "K.depthwise_conv2d": ("i, i[0, :2, :2, :, None], (1, 1), 'same'",), "K.ctc_batch_cost": ("n, p, n[:, :1] * 0 + 4, n[:, :1] * 0 + 2",),
    "rot90": ("i", "i, k=3", "i, 2", "i[0], -1"), "tf.image.transpose": ("i", "i[0]"), "adjust_contrast": ("i, 2.0",), "adjust_brightness": ("i, 0.1",),
    "xlogy": ("p, p", "x - x, p", "2.0, p", "[0.0, 1.0, 2.0], p"), "embedding_lookup": ("v, n", "m[0], n"),
    "extract_patches": ("i, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], 'VALID'", "i, sizes=[1, 3, 2, 1], strides=[1, 1, 2, 1], rates=[1, 1, 1, 1], padding='SAME'"),
    "batch_normalization": ("x, v, abs(v) + 0.5, None, None, 0.001",),
    "resize": ("i, (9, 8)", "i, [3, 4], method='nearest'"), "resize_bilinear": ("i, (9, 8)", "i, (4, 4), align_corners=True"),
    "resize_nearest_neighbor": ("i, (9, 4)",), "resize_images": ("i, (9, 8)",), "K.resize_images": ("i, 2, 3, 'channels_last'",),
    "central_crop": ("i, 0.5",), "crop_to_bounding_box": ("i, 1, 2, 3, 3",), "pad_to_bounding_box": ("i, 1, 2, 10, 9",), "grayscale_to_rgb": ("i[..., :1]",),
    "convert_image_dtype": ("i, 'float32'",), "preprocess_input": ("i",), "applications.imagenet_utils.preprocess_input": ("i", "i, mode='torch'", "i, None, 'tf'"), "flip_left_right": ("i",), "flip_up_down": ("i",), "rgb_to_grayscale": ("i",),
    "per_image_standardization": ("i",), "batch_flatten": ("x",),
    # made of nothing but numbers
    "constant": ("[1.5, 2.5]", "3", "0.5, shape=(2, 3)"), "variable": ("[1.5, 2.5]",), "zeros": ("(2, 3)",), "ones": ("(2, 3)",), "fill": ("(2, 3), 1.5", "(2,), 3"),
    "eye": ("3", "3, 4"), "range": ("5", "1, 7, 2", "0.5, 2.0"), "arange": ("5", "1, 7, 2"), "linspace": ("0.0, 1.0, 5",), "lin_space": ("0.0, 1.0, 5",),
    "array": ("[1, 2]", "[0.5]"), "asarray": ("[1, 2]",), "float32": ("3",), "float64": ("3",), "int32": ("3.7",),
    "zero_fraction": ("x",), "round": ("x * 3",),
}  # fmt: skip
# Of numpy only what is made of numbers is reckoned with: no function of numpy takes a tensor of a model.
OF_NUMBERS: Final = {
    **dict.fromkeys((*BINARY.split(), "power"), ("[0.5, 2.0], [1.5, 0.5]", "4.0, 2.0")), **dict.fromkeys(LOGICAL.split(), ("[True, False], [True, True]",)),
    "logical_not": ("[True, False]",),
}  # fmt: skip
# What the arguments of keras.ops are called that are no tensors.
SETTINGS: Final = {
    "axis": "1", "num_classes": "4", "repeats": "2", "k": "2", "dtype": "'float32'", "shape": "(2, 4, 6)", "newshape": "(2, 24)", "source": "1",
    "destination": "2", "axis1": "1", "axis2": "2", "num": "4", "n": "2", "shift": "1", "size": "(3, 3)", "pool_size": "2", "x_min": "-0.5",
    "x_max": "0.5", "indices_or_sections": "2", "max_val": "1.0", "num_segments": "4",
}  # fmt: skip
# Rows that no comparison reaches, and why.
UNTESTED: Final = {
    "K.get_value": "always refused: it takes a value out of a tensor", "K.eval": "always refused: it takes a value out of a tensor",
    "K.dropout": "always refused: it draws by chance", "tf.nn.dropout": "always refused: it draws by chance",
    "K.dtype": "a text here: see lambda_sources",
    "tf.shape": "a shape is no tensor here, but what a reshape takes: see lambda_sources", "K.shape": "the same", "tf.shape_n": "the same",
    "K.int_shape": "the same", "tf.size": "the same", "tf.rank": "a plain number here", "K.ndim": "a plain number here",
}  # fmt: skip
# TensorFlow counts positions in 64 bits, Keras in 32.
POSITIONS: Final = frozenset("argmax argmin arg_max arg_min argsort count_nonzero top_k".split())  # noqa: SIM905 (a table of names)
# Names that releases before 1.0 had -> what they are called since.
BEFORE_1: Final = {
    "tf.pack": "stack", "tf.neg": "negative", "tf.sub": "subtract", "tf.mul": "multiply", "tf.batch_matmul": "matmul", "tf.reverse_v2": "reverse",
    "tf.floor_div": "math.floordiv", "tf.top_k": "math.top_k", "tf.softplus": "nn.softplus", "tf.softsign": "nn.softsign", "tf.zero_fraction": "nn.zero_fraction",
    # of Keras's own backend, which Keras 3 has no copy of
    "K.identity": "identity", "K.logsumexp": "reduce_logsumexp", "K.slice": "slice",
    "tf.matrix_diag": "linalg.diag", "tf.matrix_inverse": "linalg.inv", "tf.image.resize_images": "compat.v1.image.resize", "tf.arg_max": "argmax", "tf.arg_min": "argmin",
}  # fmt: skip
