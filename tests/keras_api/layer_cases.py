"""Layers to build in real Keras: class, config, and the shapes of the tensors that it is called with.

A shape is a list with the batch (None) first. Several shapes are one list argument to layers that merge, else positional arguments.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    """``dtype`` is that of the inputs; ``merged`` tells that the shapes are one argument, a list."""

    class_name: str
    config: dict[str, Any]
    shapes: list[list[int | None]]
    dtype: str = "float32"
    merged: bool = False


OF_APPLICATIONS = {"LayerScale": "keras.src.applications.convnext", "CustomScaleLayer": "keras.src.applications.inception_resnet_v2"}
VECTOR: list[int | None] = [None, 6]
SERIES: list[int | None] = [None, 8, 6]
IMAGE: list[int | None] = [None, 9, 8, 6]
VOLUME: list[int | None] = [None, 7, 8, 9, 6]
VIDEO: list[int | None] = [None, 4, 8, 9, 6]
OPEN: list[int | None] = [None, None, None, 6]
SPACES: list[list[int | None]] = [SERIES, IMAGE, VOLUME]


def inner(class_name: str, **config: Any) -> dict[str, Any]:
    """A layer inside another one's config."""
    module = OF_APPLICATIONS.get(class_name, "keras.layers")
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def policy(class_name: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras", "class_name": class_name, "config": config, "registered_name": None}


INT8 = policy("QuantizedDTypePolicy", mode="int8", source_name="float32")
FLOAT8 = policy("QuantizedFloat8DTypePolicy", mode="float8", source_name="float32")
INT4 = policy("Int4DTypePolicy", mode="int4/-1", source_name="float32")
GROUPED = policy("Int4DTypePolicy", mode="int4/4", source_name="float32")
POLICIES = (INT8, FLOAT8, INT4, GROUPED)
NESTED = inner(
    "Sequential", name="nested", layers=[inner("InputLayer", batch_shape=[None, 6]), inner("Dense", units=3), inner("BatchNormalization")]
)
NESTED["module"] = "keras"

DENSE = [
    Case("Dense", {"units": 3}, [VECTOR]),
    Case("Dense", {"units": 3, "use_bias": False}, [SERIES]),
    Case("Dense", {"units": 3, "trainable": False}, [IMAGE]),
    Case("Dense", {"units": 3, "lora_rank": 2}, [VECTOR]),
    *(Case("Dense", {"units": 5, "dtype": dtype}, [VECTOR]) for dtype in POLICIES),
    Case("Dense", {"units": 5, "dtype": INT8, "use_bias": False, "lora_rank": 2}, [VECTOR]),
    Case("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 4], "bias_axes": "d"}, [SERIES]),
    Case("EinsumDense", {"equation": "...x,xy->...y", "output_shape": [4]}, [IMAGE]),
    Case("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 3], "bias_axes": "de", "lora_rank": 2}, [SERIES]),
    Case("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 4, "bias_axes": "c"}, [IMAGE]),
    Case("EinsumDense", {"equation": "abc,dc->adb", "output_shape": [5, None], "dtype": "int8_from_float32"}, [SERIES]),
    Case("EinsumDense", {"equation": "abc,edc->abde", "output_shape": [None, 2, 3], "dtype": "int8_from_float32"}, [SERIES]),
    *(
        Case("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 3], "bias_axes": "de", "dtype": dtype}, [SERIES])
        for dtype in POLICIES
    ),
    Case("Embedding", {"input_dim": 11, "output_dim": 5}, [[None, 7]]),
    Case("Embedding", {"input_dim": 11, "output_dim": 5, "lora_rank": 2, "mask_zero": True}, [[None, None]]),
    *(Case("Embedding", {"input_dim": 11, "output_dim": 5, "dtype": dtype}, [[None, 7]]) for dtype in (INT8, INT4, GROUPED)),
    Case("ReversibleEmbedding", {"input_dim": 11, "output_dim": 5}, [[None, 7]], "int32"),
    Case("ReversibleEmbedding", {"input_dim": 11, "output_dim": 5, "tie_weights": False}, [[None, 7]], "int32"),
    *(
        Case("ReversibleEmbedding", {"input_dim": 11, "output_dim": 5, "tie_weights": False, "dtype": dtype}, [[None, 7]], "int32")
        for dtype in (INT8, INT4, GROUPED)
    ),
]

CONVOLUTION = [
    case
    for rank, shape in enumerate(SPACES, 1)
    for case in (
        Case(f"Conv{rank}D", {"filters": 4, "kernel_size": 3}, [shape]),
        Case(f"Conv{rank}D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "use_bias": False}, [shape]),
        Case(f"Conv{rank}D", {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "groups": 2}, [shape]),
        Case(f"Conv{rank}D", {"filters": 4, "kernel_size": 2, "lora_rank": 2}, [shape]),
        Case(f"Conv{rank}D", {"filters": 4, "kernel_size": 3, "data_format": "channels_first"}, [shape]),
        Case(f"Conv{rank}DTranspose", {"filters": 4, "kernel_size": 3}, [shape]),
        Case(f"Conv{rank}DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, [shape]),
        Case(f"Conv{rank}DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "output_padding": 1, "use_bias": False}, [shape]),
        Case(f"Conv{rank}DTranspose", {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "data_format": "channels_first"}, [shape]),
    )
] + [
    Case("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", "strides": 2}, [SERIES]),
    Case("Conv2D", {"filters": 4, "kernel_size": [3, 5], "strides": [1, 2]}, [OPEN]),
    Case("Conv2DTranspose", {"filters": 4, "kernel_size": [3, 2], "strides": [1, 3]}, [OPEN]),
    *(
        case
        for rank, shape in enumerate(SPACES[:2], 1)
        for case in (
            Case(f"DepthwiseConv{rank}D", {"kernel_size": 3}, [shape]),
            Case(f"DepthwiseConv{rank}D", {"kernel_size": 2, "depth_multiplier": 2, "strides": 2, "padding": "same"}, [shape]),
            Case(f"DepthwiseConv{rank}D", {"kernel_size": 3, "use_bias": False, "data_format": "channels_first"}, [shape]),
            Case(f"SeparableConv{rank}D", {"filters": 4, "kernel_size": 3}, [shape]),
            Case(f"SeparableConv{rank}D", {"filters": 4, "kernel_size": 3, "depth_multiplier": 2, "use_bias": False}, [shape]),
            Case(f"SeparableConv{rank}D", {"filters": 4, "kernel_size": 3, "data_format": "channels_first", "padding": "same"}, [shape]),
        )
    ),
]

NORMALIZATION = [
    Case("BatchNormalization", {}, [VECTOR]),
    Case("BatchNormalization", {"scale": False}, [IMAGE]),
    Case("BatchNormalization", {"center": False, "axis": 1}, [IMAGE]),
    Case("BatchNormalization", {"center": False, "scale": False, "trainable": False}, [IMAGE]),
    Case("BatchNormalization", {"renorm": True}, [SERIES]),
    Case("LayerNormalization", {}, [SERIES]),
    Case("LayerNormalization", {"axis": [2, 1], "center": False}, [SERIES]),
    Case("LayerNormalization", {"axis": [1, 2], "scale": False}, [IMAGE]),
    Case("RMSNormalization", {}, [SERIES]),
    Case("RMSNormalization", {"axis": [1, 2]}, [SERIES]),
    Case("GroupNormalization", {"groups": 3}, [IMAGE]),
    Case("GroupNormalization", {"groups": -1, "axis": 1, "scale": False}, [IMAGE]),
    Case("UnitNormalization", {"axis": 1}, [IMAGE]),
    Case("SpectralNormalization", {"layer": inner("Dense", units=4)}, [VECTOR]),
    Case("SpectralNormalization", {"layer": inner("Conv2D", filters=4, kernel_size=3, use_bias=False)}, [IMAGE]),
    Case("SpectralNormalization", {"layer": inner("Embedding", input_dim=9, output_dim=4)}, [[None, 7]]),
    Case("Normalization", {}, [VECTOR]),
    Case("Normalization", {"axis": [1, 3]}, [IMAGE]),
    Case("Normalization", {"axis": None}, [VECTOR]),
    Case("Normalization", {"mean": 1.0, "variance": 2.0, "axis": None}, [VECTOR]),
]

RECURRENT = [
    *(
        case
        for name in ("LSTM", "GRU", "SimpleRNN")
        for case in (
            Case(name, {"units": 5}, [SERIES]),
            Case(name, {"units": 5, "return_sequences": True, "use_bias": False}, [[None, None, 6]]),
            Case(name, {"units": 5, "return_state": True, "dropout": 0.1, "recurrent_dropout": 0.1}, [SERIES]),
            Case(name, {"units": 5, "return_state": True, "return_sequences": True, "trainable": False}, [SERIES]),
            Case("Bidirectional", {"layer": inner(name, units=5)}, [SERIES]),
            Case("Bidirectional", {"layer": inner(name, units=5, return_sequences=True), "merge_mode": "sum"}, [SERIES]),
            Case("Bidirectional", {"layer": inner(name, units=5, return_state=True), "merge_mode": "concat"}, [SERIES]),
            Case("Bidirectional", {"layer": inner(name, units=5), "merge_mode": None}, [SERIES]),
            Case("RNN", {"cell": inner(f"{name}Cell", units=5)}, [SERIES]),
        )
    ),
    Case("GRU", {"units": 5, "reset_after": False}, [SERIES]),
    Case("LSTM", {"units": 5, "stateful": True}, [[4, 8, 6]]),
    Case(
        "RNN", {"cell": [inner("LSTMCell", units=5), inner("LSTMCell", units=3), inner("GRUCell", units=4)], "return_state": True}, [SERIES]
    ),
    Case("RNN", {"cell": inner("StackedRNNCells", cells=[inner("SimpleRNNCell", units=5), inner("GRUCell", units=4)])}, [SERIES]),
    Case(
        "Bidirectional",
        {"layer": inner("LSTM", units=5), "backward_layer": inner("GRU", units=5, go_backwards=True)},
        [SERIES],
    ),
    Case("ConvLSTM1D", {"filters": 4, "kernel_size": 3}, [[None, 4, 8, 6]]),
    Case("ConvLSTM2D", {"filters": 4, "kernel_size": 3, "return_sequences": True, "padding": "same"}, [VIDEO]),
    Case("ConvLSTM2D", {"filters": 4, "kernel_size": 3, "strides": 2, "use_bias": False, "return_state": True}, [VIDEO]),
    Case("ConvLSTM3D", {"filters": 4, "kernel_size": 2}, [[None, 3, 5, 6, 7, 2]]),
    Case("TimeDistributed", {"layer": inner("Dense", units=4)}, [SERIES]),
    Case("TimeDistributed", {"layer": inner("Conv2D", filters=4, kernel_size=3)}, [VIDEO]),
    Case("TimeDistributed", {"layer": NESTED}, [SERIES]),
    Case("TimeDistributed", {"layer": inner("BatchNormalization"), "trainable": False}, [SERIES]),
    Case("Bidirectional", {"layer": inner("ConvLSTM1D", filters=4, kernel_size=3)}, [[None, 4, 8, 6]]),
]

HEADS = {"num_heads": 2, "key_dim": 3}
GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
ATTENTION = [
    Case("MultiHeadAttention", HEADS, [SERIES, SERIES]),
    Case("MultiHeadAttention", {**HEADS, "value_dim": 5, "use_bias": False, "dropout": 0.1}, [SERIES, [None, 7, 4]]),
    Case("MultiHeadAttention", {**HEADS, "value_dim": 5, "output_shape": 9}, [SERIES, [None, 7, 4], [None, 7, 3]]),
    Case("MultiHeadAttention", {**HEADS, "use_gate": True}, [SERIES, SERIES]),
    Case("MultiHeadAttention", {**HEADS, "attention_axes": [1, 2]}, [IMAGE, IMAGE]),
    Case("MultiHeadAttention", {**HEADS, "trainable": False, "output_shape": [2, 5]}, [SERIES, SERIES]),
    Case("GroupQueryAttention", GROUPS, [SERIES, SERIES]),
    Case("GroupQueryAttention", {**GROUPS, "use_bias": False, "use_gate": True}, [SERIES, [None, 7, 6]]),
    Case("Attention", {}, [SERIES, [None, 7, 6]], merged=True),
    Case("Attention", {"use_scale": True, "score_mode": "concat", "dropout": 0.1}, [SERIES, [None, 7, 6]], merged=True),
    Case("AdditiveAttention", {}, [SERIES, [None, 7, 6]], merged=True),
    Case("AdditiveAttention", {"use_scale": False}, [SERIES, [None, 7, 6], [None, 7, 6]], merged=True),
]

POOLING = [
    case
    for rank, shape in enumerate(SPACES, 1)
    for kind in ("Average", "Max")
    for case in (
        Case(f"{kind}Pooling{rank}D", {"pool_size": 2}, [shape]),
        Case(f"{kind}Pooling{rank}D", {"pool_size": 3, "strides": 2, "padding": "same"}, [shape]),
        Case(f"{kind}Pooling{rank}D", {"pool_size": 2, "strides": 1, "data_format": "channels_first"}, [shape]),
        Case(f"Global{kind}Pooling{rank}D", {}, [shape]),
        Case(f"Global{kind}Pooling{rank}D", {"keepdims": True}, [shape]),
        Case(f"Global{kind}Pooling{rank}D", {"data_format": "channels_first"}, [shape]),
        Case(f"Adaptive{kind}Pooling{rank}D", {"output_size": 2}, [shape]),
    )
]

RESHAPING = [
    Case("Flatten", {}, [IMAGE]),
    Case("Flatten", {}, [OPEN]),
    Case("Flatten", {}, [[None]]),
    Case("Reshape", {"target_shape": [6, 8]}, [SERIES]),
    Case("Reshape", {"target_shape": [4, -1]}, [SERIES]),
    Case("Permute", {"dims": [3, 1, 2]}, [IMAGE]),
    Case("RepeatVector", {"n": 4}, [VECTOR]),
    Case("Cropping1D", {"cropping": [1, 2]}, [SERIES]),
    Case("Cropping2D", {"cropping": [[1, 2], [0, 3]]}, [IMAGE]),
    Case("Cropping2D", {"cropping": 1, "data_format": "channels_first"}, [IMAGE]),
    Case("Cropping3D", {"cropping": [1, 2, 1]}, [VOLUME]),
    Case("ZeroPadding1D", {"padding": 2}, [SERIES]),
    Case("ZeroPadding2D", {"padding": [[1, 2], [0, 3]]}, [IMAGE]),
    Case("ZeroPadding2D", {"padding": [1, 2], "data_format": "channels_first"}, [OPEN]),
    Case("ZeroPadding3D", {"padding": 1}, [VOLUME]),
    Case("UpSampling1D", {"size": 3}, [SERIES]),
    Case("UpSampling2D", {"size": [2, 3]}, [IMAGE]),
    Case("UpSampling2D", {"size": 2, "data_format": "channels_first"}, [IMAGE]),
    Case("UpSampling3D", {"size": 2}, [VOLUME]),
]

MERGING = [
    *(Case(name, {}, [IMAGE, IMAGE], merged=True) for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")),
    Case("Add", {}, [IMAGE, [None, 1, 8, 1]], merged=True),
    Case("Multiply", {}, [IMAGE, [None, 6]], merged=True),
    Case("Concatenate", {}, [SERIES, [None, 8, 2], [None, 8, 1]], merged=True),
    Case("Concatenate", {"axis": 1}, [SERIES, [None, None, 6]], merged=True),
    Case("Dot", {"axes": 1}, [VECTOR, VECTOR], merged=True),
    Case("Dot", {"axes": [2, 1]}, [SERIES, [None, 6, 5]], merged=True),
    Case("Dot", {"axes": 2, "normalize": True}, [SERIES, [None, 5, 6]], merged=True),
]

PLAIN = [
    Case("Activation", {"activation": "relu"}, [SERIES]),
    Case("ActivityRegularization", {"l1": 0.1}, [SERIES]),
    Case("ELU", {}, [SERIES]),
    Case("Identity", {}, [SERIES]),
    Case("LeakyReLU", {}, [SERIES]),
    Case("Masking", {}, [SERIES]),
    Case("LayerScale", {"init_values": 0.1, "projection_dim": 6}, [IMAGE]),
    Case("CustomScaleLayer", {"scale": 0.5}, [IMAGE, IMAGE], merged=True),
    Case("PReLU", {}, [IMAGE]),
    Case("PReLU", {"shared_axes": [1, 2]}, [OPEN]),
    Case("ReLU", {}, [SERIES]),
    Case("Softmax", {"axis": 1}, [SERIES]),
    Case("Rescaling", {"scale": 0.5, "offset": 0.0}, [IMAGE]),
    *(Case(name, {"rate": 0.2}, [SERIES]) for name in ("Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D")),
    Case("Dropout", {"rate": 0.0}, [SERIES]),
    Case("SpatialDropout2D", {"rate": 0.2}, [IMAGE]),
    Case("SpatialDropout3D", {"rate": 0.2}, [VOLUME]),
    Case("GaussianNoise", {"stddev": 0.2}, [SERIES]),
]

PICTURE: list[int | None] = [None, 9, 8, 3]
AUGMENTING = "RandomPerspective RandomElasticTransform RandomErasing RandomColorJitter RandomGaussianBlur RandomGrayscale RandomInvert Solarization AutoContrast Equalization AugMix RandAugment MixUp CutMix"
BY_FACTOR = "RandomHue RandomSaturation RandomSharpness RandomColorDegeneration"
TEXT = {"standardize": "lower", "split": "whitespace", "ngrams": None, "output_sequence_length": None}
PREPROCESSING = [
    Case("CategoryEncoding", {"num_tokens": 4}, [VECTOR], "int32"),
    Case("CategoryEncoding", {"num_tokens": 4, "output_mode": "one_hot"}, [[None, 1]], "int32"),
    Case("Discretization", {"bin_boundaries": [0.0, 1.0]}, [VECTOR]),
    Case("Discretization", {"num_bins": 4}, [VECTOR]),
    Case("Hashing", {"num_bins": 4}, [VECTOR], "string"),
    Case("HashedCrossing", {"num_bins": 4}, [[None, 1], [None, 1]], "string", True),
    Case("IntegerLookup", {"vocabulary": [3, 4]}, [VECTOR], "int64"),
    Case("StringLookup", {"vocabulary": ["a", "b"]}, [VECTOR], "string"),
    Case("StringLookup", {"vocabulary": ["a", "b"], "output_mode": "multi_hot"}, [VECTOR], "string"),
    Case("StringLookup", {"vocabulary": ["a", "b"], "output_mode": "tf_idf", "idf_weights": [0.5, 0.6]}, [VECTOR], "string"),
    Case("TextVectorization", {**TEXT, "vocabulary": ["a", "b"], "output_sequence_length": 5}, [[None, 1]], "string"),
    Case("TextVectorization", {**TEXT, "vocabulary": ["a", "b"], "output_mode": "count"}, [[None, 1]], "string"),
    Case("CenterCrop", {"height": 4, "width": 5}, [IMAGE]),
    Case("RandomCrop", {"height": 4, "width": 5}, [IMAGE]),
    Case("Resizing", {"height": 4, "width": 5}, [IMAGE]),
    Case("Resizing", {"height": 4, "width": 5, "data_format": "channels_first"}, [[None, 6, 9, 8]]),
    Case("MelSpectrogram", {"fft_length": 64, "sequence_stride": 16, "num_mel_bins": 8}, [[None, 200]]),
    Case("STFTSpectrogram", {"frame_length": 16, "frame_step": 8}, [[None, 64, 2]]),
    Case("RandomFlip", {}, [IMAGE]),
    Case("RandomContrast", {"factor": 0.2}, [IMAGE]),
    Case("RandomBrightness", {"factor": 0.2}, [IMAGE]),
    Case("RandomRotation", {"factor": 0.2}, [IMAGE]),
    Case("RandomTranslation", {"height_factor": 0.2, "width_factor": 0.2}, [IMAGE]),
    Case("RandomZoom", {"height_factor": 0.2}, [IMAGE]),
    Case("RandomShear", {"x_factor": 0.2}, [[None, 9, 8, 3]]),
    Case("RandomPosterization", {"factor": 3}, [[None, 9, 8, 3]]),
    Case("ContrastLimitedAdaptiveHistogramEqualization", {}, [[None, 64, 64, 3]]),
    *(Case(name, {}, [PICTURE]) for name in AUGMENTING.split()),
    *(Case(name, {"factor": 0.2}, [PICTURE]) for name in BY_FACTOR.split()),
    Case("MaxNumBoundingBoxes", {"max_number": 3}, [[None, 4, 4]]),
    Case("Pipeline", {"layers": [inner("RandomFlip"), inner("Rescaling", scale=0.5, offset=0.0)]}, [IMAGE]),
]

CASES = DENSE + CONVOLUTION + NORMALIZATION + RECURRENT + ATTENTION + POOLING + RESHAPING + MERGING + PLAIN + PREPROCESSING
