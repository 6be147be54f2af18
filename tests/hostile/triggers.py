"""What a config carries, for each row of the table of loading CVEs; nothing here does any harm when it is called."""

from __future__ import annotations

import base64
import marshal
from dataclasses import dataclass
from typing import Any

Json = Any
CODE = base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()


@dataclass(frozen=True)
class Trigger:
    """``value`` stands where an object of the model would; any of ``codes`` names it."""

    name: str
    cve: str
    value: Json
    codes: tuple[str, ...]


def function(module: Json, name: Json) -> Json:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def made(class_name: Json, module: Json = "keras.layers", /, **config: Json) -> Json:
    return {"module": module, "class_name": class_name, "config": {"name": "made", **config}, "registered_name": None}


def column(class_name: Json, /, **config: Json) -> Json:
    """A feature column, as TensorFlow writes them: they have no module and no name."""
    return {"class_name": class_name, "config": config}


LAMBDA = {"class_name": "__lambda__", "config": {"value": [CODE, None, None]}}
CODES_OF_CODE = ("K401", "K405")

TRIGGERS = (
    Trigger("lambda", "CVE-2026-12481", LAMBDA, CODES_OF_CODE),
    Trigger("lambda-coded", "CVE-2024-3660", {"class_name": "__lambda__", "config": {"code": CODE, "defaults": None, "closure": None}}, CODES_OF_CODE),
    Trigger("lambda-layer", "CVE-2024-3660", made("Lambda", function=LAMBDA, arguments={}), CODES_OF_CODE),
    Trigger("lambda-layer-keras-2", "CVE-2025-9905", made("Lambda", None, function=[CODE, None, None], function_type="lambda"), CODES_OF_CODE),
    Trigger("cell-wrapper", "CVE-2025-9905", made("ResidualWrapper", None, residual_fn=[CODE, None, None], residual_fn_type="lambda"), CODES_OF_CODE),
    Trigger("cell-wrapper-untold", "CVE-2025-9905", made("ResidualWrapper", None, residual_fn=[CODE, None, None]), CODES_OF_CODE),
    Trigger("dropout-wrapper", "CVE-2025-9905", made("DropoutWrapper", None, dropout_state_filter_visitor=["", None, None], dropout_fn_type="lambda"), CODES_OF_CODE),
    Trigger("cell-wrapper-text", "CVE-2025-9905", made("ResidualWrapper", None, residual_fn=CODE, residual_fn_type="lambda"), ("K401",)),
    Trigger("dropout-wrapper-text", "CVE-2025-9905", made("DropoutWrapper", None, dropout_state_filter_visitor=CODE, dropout_fn_type="lambda"), ("K401",)),
    Trigger("merge-text", "CVE-2025-9905", made("Merge", None, mode=CODE, mode_type="lambda"), ("K401",)),
    Trigger("merge-shape-text", "CVE-2025-9905", made("Merge", None, mode="concat", mode_type="raw", output_shape=CODE, output_shape_type="lambda"), ("K401",)),
    Trigger("lambda-text", "CVE-2026-12481", {"class_name": "__lambda__", "config": {"value": CODE}}, ("K401",)),
    Trigger("lambda-coded-list", "CVE-2024-3660", {"class_name": "__lambda__", "config": {"code": [CODE, None, None], "defaults": None, "closure": None}}, ("K401",)),
    Trigger("stdlib-function", "CVE-2025-1550", function("os", "system"), ("K801",)),
    Trigger("stdlib-class", "CVE-2025-1550", made("Popen", "subprocess", args="id"), ("K801",)),
    Trigger("package-function", "CVE-2025-1550", function("pip._internal.cli.main", "main"), ("K801",)),
    Trigger("numpy-function", "CVE-2025-1550", function("numpy", "load"), ("K801",)),
    Trigger("tensorflow-function", "CVE-2025-1550", function("tensorflow.python.ops.io_ops", "read_file"), ("K801",)),
    Trigger("torch-function", "CVE-2025-1550", function("torch.serialization", "load"), ("K801",)),
    Trigger("python-builtin", "CVE-2025-1550", function("builtins", "eval"), ("K801",)),
    Trigger("get-file", "CVE-2025-8747", made("get_file", "keras.utils", origin="https://invalid.example/x"), ("K802",)),
    Trigger("get-file-extract", "CVE-2025-12060", made("get_file", "keras.utils", origin="https://invalid.example/x.tar", extract=True), ("K802",)),
    Trigger("get-file-private", "CVE-2025-8747", function("keras.src.utils.file_utils", "get_file"), ("K802",)),
    Trigger("get-file-tensorflow", "CVE-2025-8747", function("tensorflow.keras.utils", "get_file"), ("K802",)),
    Trigger("extract-archive", "CVE-2026-12482", function("keras.src.utils.file_utils", "extract_archive"), ("K802",)),
    Trigger("unsafe-switch", "CVE-2025-9906", function("keras.config", "enable_unsafe_deserialization"), ("K802",)),
    Trigger("unsafe-switch-private", "CVE-2025-9906", function("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"), ("K802",)),
    Trigger("unsafe-switch-core", "CVE-2025-9906", function("keras_core.src.saving.serialization_lib", "enable_unsafe_deserialization"), ("K802",)),
    Trigger("load-model", "CVE-2025-9906", function("keras.models", "load_model"), ("K802",)),
    Trigger("deserialize", "CVE-2026-12481", function("keras.layers", "deserialize"), ("K802",)),
    Trigger("func-load", "CVE-2024-3660", function("keras.src.utils.python_utils", "func_load"), ("K802",)),
    Trigger("dataset", "CVE-2025-8747", function("keras.datasets.mnist", "load_data"), ("K802",)),
    Trigger("application", "CVE-2025-8747", made("ResNet50", "keras.applications", weights="/etc/passwd"), ("K802",)),
    Trigger("torch-module", "CVE-2025-49655", made("TorchModuleWrapper", module="gASVAAAA"), ("K808",)),
    Trigger("torch-module-private", "CVE-2026-12484", made("TorchModuleWrapper", "keras.src.utils.torch_utils", module="gASVAAAA"), ("K808",)),
    Trigger("flax-layer", "CVE-2025-49655", made("FlaxLayer", module={"class_name": "Evil", "config": {}}), ("K808",)),
    Trigger("jax-layer", "CVE-2025-49655", made("JaxLayer", call_fn=function("builtins", "f")), ("K808",)),
    Trigger("vocabulary", "CVE-2025-12058", made("StringLookup", vocabulary="/etc/passwd"), ("K803",)),
    Trigger("vocabulary-url", "CVE-2025-12058", made("TextVectorization", vocabulary="http://invalid.example/v"), ("K803",)),
    Trigger("vocabulary-integers", "CVE-2025-12058", made("IntegerLookup", vocabulary="file:///etc/passwd"), ("K803",)),
    Trigger("saved-model", "CVE-2026-1462", made("TFSMLayer", filepath="/srv/models/other"), ("K809",)),
    Trigger("asset-path", "CVE-2026-12479", {**made("StringLookup"), "config": {"name": "../../../tmp/x"}}, ("K806",)),
    Trigger("units", "CVE-2026-0897", made("Dense", units=10**12), ("K807",)),
    Trigger("list-of-names", "CVE-2025-1550", made(["Popen"], "subprocess"), ("K801",)),
    Trigger("behind-a-class", "CVE-2025-8747", {**made("FeatureSpace", "keras.src.utils.file_utils"), "registered_name": "get_file"}, ("K802",)),
    Trigger("behind-an-unknown-class", "CVE-2025-1550", {**made("FeatureSpace", "keras.src.utils.file_utils"), "registered_name": "makedirs"}, ("K802",)),
    Trigger("attribute-of-an-import", "CVE-2025-1550", function("keras.src.backend", "os.system"), ("K801",)),
    Trigger("class-within-a-module", "CVE-2024-3660", made("lambda_layer.Lambda", "keras.src.layers.core", function=[CODE, None, None]), ("K801",)),
    Trigger("type-spec", "CVE-2025-1550", {"class_name": "__typespec__", "spec_name": "system", "module": "os", "config": [], "registered_name": None}, ("K801",)),
    Trigger("tensorflow-symbol", "no CVE", made("TFOpLambda", function="io.write_file"), ("K802",)),
    Trigger("tensorflow-library", "no CVE", made("TFOpLambda", None, function="load_op_library"), ("K802",)),
    Trigger("tensorflow-old-name", "no CVE", made("SlicingOpLambda", function="compat.v1.gfile.Copy"), ("K802",)),
    Trigger("tensorflow-fetch", "no CVE", made("TFOpLambda", "keras.src.layers.core.tf_op_layer", function="keras.utils.get_file"), ("K802",)),
    Trigger("tensorflow-class", "no CVE", made("ClassMethod", cls_symbol="io.TFRecordWriter", method_name="write"), ("K802",)),
    Trigger("tensorflow-attribute", "no CVE", made("InstanceProperty", attr_name="__class__"), ("K802",)),
    Trigger("tensorflow-operation", "no CVE", made("TensorFlowOpLayer", node_def='{"name": "w", "op": "WriteFile"}'), ("K802",)),
    Trigger("tensorflow-debugging", "CVE-2025-1550", function("tensorflow.python.ops.gen_debug_ops", "debug_identity"), ("K801",)),
    Trigger("tensorflow-file", "CVE-2025-1550", function("tensorflow.python.ops.gen_array_ops", "immutable_const"), ("K801",)),
    Trigger("function-as-class", "CVE-2025-1550", made("load", "jax.numpy", file="/etc/passwd"), ("K801",)),
    Trigger("test-of-keras", "no CVE", made("CustomModelX", "keras.src.backend.tensorflow.saved_model_test"), ("K802",)),
    Trigger("column-of-words", "no CVE", column("VocabularyFileCategoricalColumn", key="k", vocabulary_file="/etc/passwd"), ("K803",)),
    Trigger("column-of-weights", "no CVE", column("EmbeddingColumn", ckpt_to_load_from="/srv/other", tensor_name_in_ckpt="v"), ("K803",)),
    Trigger("slow-expression", "no CVE", made("DTypePolicyMap", "keras.dtype_policies", policy_map={"(a+)+": None}), ("K810",)),
    Trigger("immediate-call", "no CVE", {**made("Full", "keras.src.ops.numpy", shape=[3 * 10**9]), "inbound_nodes": [{"args": [1.0], "kwargs": {}}]}, ("K810",)),
    Trigger("immediate-call-keras-2", "no CVE", {**made("TFOpLambda", None, function="fill"), "inbound_nodes": [["_CONSTANT_VALUE", -1, [3 * 10**9], {"value": 1}]]}, ("K810",)),
    Trigger("vocabulary-behind-a-name", "CVE-2025-12058", {**made("Mine", vocabulary="/etc/passwd"), "registered_name": "StringLookup"}, ("K803",)),
    Trigger("torch-module-behind-a-name", "CVE-2025-49655", {**made("Mine", module="gASVAAAA"), "registered_name": "TorchModuleWrapper"}, ("K808",)),
    Trigger("saved-model-behind-a-name", "CVE-2026-1462", {**made("Mine", filepath="/srv/models/other"), "registered_name": "TFSMLayer"}, ("K809",)),
    Trigger("vocabulary-as-a-function", "CVE-2025-12058", {**function("keras.layers", "StringLookup"), "inbound_nodes": [{"args": [], "kwargs": {"vocabulary": "/etc/passwd"}}]}, ("K803",)),
    Trigger("saved-model-as-a-function", "CVE-2026-1462", {**function("keras.layers", "TFSMLayer"), "inbound_nodes": [{"args": [], "kwargs": {"filepath": "/srv/other"}}]}, ("K809",)),
    Trigger("folder-as-a-function", "no CVE", {**function("keras._legacy.preprocessing.image", "DirectoryIterator"), "inbound_nodes": [{"args": ["/", None], "kwargs": {}}]}, ("K802",)),
    Trigger("list-of-words-unknown", "no CVE", made("IntegerLookup", vocabulary=[1, 2], num_oov_indices=2 * 10**8), ("K807",)),
    Trigger("number-switch", "no CVE", function("keras.backend", "set_floatx"), ("K802",)),
    Trigger("policy-switch", "no CVE", function("keras.mixed_precision", "set_global_policy"), ("K802",)),
    Trigger("profile", "no CVE", function("keras.src.backend.tensorflow.tensorboard", "stop_trace"), ("K802",)),
    Trigger("layer-of-json", "CVE-2025-1550", made("deserialize_from_json", "keras.src.layers.serialization", json_string="{}"), ("K802",)),
    Trigger("registered-package", "CVE-2025-9906", function("keras.utils", "keras>get_file"), ("K802",)),
)  # fmt: skip

TENSOR = {"class_name": "__keras_tensor__", "config": {"shape": [None, 2], "dtype": "float32", "keras_history": ["x", 0, 0]}}
# Honest values in the same places.
HEALTHY = (
    function("builtins", "relu"),
    made("Dense", units=3),
    made("Mine", "my_package", schedule="cosine", schedule_type="lambda"),
    made("StringLookup", vocabulary=["a", "b"]),
    made("StringLookup", vocabulary=["a", "b"], num_oov_indices=100_000),
    {**made("Mine", "my_package", vocabulary="words.txt"), "registered_name": "my_package>Mine"},
    made("StringLookup", vocabulary=["4wAA", "4wAA", "4096"]),
    made("IntegerLookup", vocabulary=["4wAA", 1, 2]),
    made("FeatureSpace", "keras.utils", features={}),
    function("keras.src.applications.resnet", "preprocess_input"),
    function("keras.backend", "stop_gradient"),
    made("StartEndPacker", "keras_hub.layers", sequence_length=3),
    made("LayerScale", "keras.src.applications.convnext", init_values=1e-6, projection_dim=3),
    function("tensorflow.python.ops.nn_ops", "leaky_relu"),
    function("torch.nn.functional", "gelu"),
    function("jax._src.nn.functions", "silu"),
    made("MyLayer", "my_package.layers", units=3),
    made("Add", "keras.src.ops.numpy"),
    made("TFOpLambda", None, function="math.reduce_mean"),
    made("TFOpLambda", None, function="__operators__.add"),
    made("SlicingOpLambda", None, function="__operators__.getitem"),
    made("TFOpLambda", None, function="compat.v1.nn.conv2d"),
    made("TFOpLambda", None, function="debugging.assert_equal"),
    made("TFOpLambda", None, function="keras.backend.softmax"),
    made("ClassMethod", None, cls_symbol="RaggedTensor", method_name="from_row_splits"),
    made("InstanceMethod", None, attr_name="to_tensor"),
    made("TensorFlowOpLayer", None, node_def='{"name": "w", "op": "AddV2"}'),
    TENSOR,
    made("DTypePolicyMap", "keras.dtype_policies", policy_map={"encoder/.*": None, "decoder/layer_\\d+/dense(_\\d)?": None}),
    {**made("BroadcastTo", "keras.src.ops.numpy", shape=[3]), "inbound_nodes": [{"args": [TENSOR, 1.0], "kwargs": {}}]},
    {**made("TFOpLambda", None, function="math.add"), "inbound_nodes": [["_CONSTANT_VALUE", -1, 2.0, {"y": ["x", 0, 0]}]]},
    {**made("Dense", units=1), "inbound_nodes": []},
    column("VocabularyListCategoricalColumn", key="k", vocabulary_list=["a"]),
    column("EmbeddingColumn", ckpt_to_load_from=None, tensor_name_in_ckpt=None),
    {"class_name": "__typespec__", "spec_name": "TensorSpec", "module": "tensorflow.python.framework.tensor_spec", "config": [], "registered_name": None},
)  # fmt: skip
