"""Packages that stand on machines with Keras and are no home of any part of a model, and Keras's own folders of that kind: facts.

Gathered by hand on 2026-11-20 from what Keras, its backends, notebooks and serving images install. What a model may name of a package
that also does other things is listed: activations of ``torch.nn``, say.
"""

from __future__ import annotations

# Nothing in them belongs to a model.
PACKAGES = frozenset(
    """
    IPython PIL _pytest _distutils_hack absl aiohttp airflow ansible astunparse azure bcrypt bokeh boto boto3 botocore bs4 celery certifi cffi
    charset_normalizer click cloudpickle coverage cryptography cv2 cython dask dateutil debugpy dill distributed distutils django docker dotenv
    execnet fabric fastapi filelock flask flatbuffers fsspec gast gcsfs gevent git google google_auth_httplib2 grpc gunicorn h5py hjson
    httplib2 httpx huggingface_hub idna imageio importlib_metadata importlib_resources invoke ipykernel jinja2 joblib jupyter jupyter_core
    kubernetes libcst llvmlite lxml lzma mako markdown markdown_it markupsafe matplotlib mlflow mock namex nbformat netaddr nltk nose
    notebook numba numexpr numpy oauthlib onnx onnxruntime opt_einsum optree packaging pandas paramiko pexpect pip pipes pkg_resources
    plotly pluggy ply prompt_toolkit protobuf psutil psycopg2 ptyprocess py pyarrow pycurl pygments pymongo pymysql pynvml pytest pywin32
    ray redis regex requests rich s3fs scipy scrapy seaborn selenium setuptools sh simplejson six skimage sklearn soupsieve sqlalchemy
    starlette streamlit tables tabulate tensorboard termcolor toml toolz tornado tqdm traitlets twisted typer typing_extensions ujson urllib3
    uvicorn uvloop virtualenv wandb websocket websockets werkzeug wheel win32api win32com wrapt xlrd yaml zipp zmq zstandard
    """.split()  # noqa: SIM905 (a table of names)
)
# Below these, and nowhere else in the package, a model finds activations and layers.
MODELLING = {
    "tensorflow": (
        "tensorflow.keras", "tensorflow.python.keras", "tensorflow.nn", "tensorflow.math", "tensorflow.python.ops", "tensorflow.python.util.dispatch",
        "tensorflow.python.util.tf_export", "tensorflow.python.framework.dtypes", "tensorflow.python.framework.tensor_spec",
        "tensorflow.python.framework.sparse_tensor", "tensorflow.python.feature_column", "tensorflow.compat.v1.nn",
        "tensorflow.compat.v1.keras", "tensorflow.compat.v2.keras", "tensorflow._api.v2.nn", "tensorflow._api.v2.math", "tensorflow.image",
        "tensorflow.signal", "tensorflow.linalg", "tensorflow.contrib", "tensorflow.initializers",
    ),
    "torch": ("torch.nn",),
    "jax": ("jax.nn", "jax.numpy", "jax.lax", "jax._src.nn", "jax._src.numpy", "jax._src.lax", "jax.scipy", "jax.image"),
    "flax": ("flax.linen", "flax.nnx"),
    "mlx": ("mlx.nn", "mlx.core"),
}  # fmt: skip
# Modules of Python's own by which Keras's, TensorFlow's and PyTorch's modules know them: what is looked up there is not theirs.
OUTSIDE = frozenset(
    """
    os sys subprocess shutil builtins importlib socket ctypes pickle marshal runpy pty posix nt urllib pathlib tempfile
    """.split()  # noqa: SIM905
)
# Types of what is callable and no function: Keras writes one for a ufunc or a tf.function given to a Lambda. Nothing is made of a type's name alone.
CALLABLES = frozenset({("numpy", "ufunc"), ("tensorflow", "Function"), ("tensorflow", "PolymorphicFunction")})
# Of those, what reaches out of a graph all the same.
REACHING_OUT = (
    "io_ops",
    "gen_io_ops",
    "script_ops",
    "gen_script_ops",
    "io",
    "debugging_ops",
    "logging_ops",
    "summary_ops_v2",
    "lookup_ops",
    "checkpoint_ops",
    "gen_checkpoint_ops",
    "gen_dataset_ops",
    "gen_debug_ops",
    "gen_experimental_dataset_ops",
    "gen_filesystem_ops",
    "gen_logging_ops",
    "gen_lookup_ops",
    "gen_rpc_ops",
    "gen_summary_ops",
)

# Names that Keras has been published under, with what its modules begin with, longest first.
KERAS = ("keras", "tf_keras", "keras_core", "keras_hub", "keras_cv", "keras_nlp", "keras_tuner")
PREFIXES = (
    "tensorflow.python.keras.", "tensorflow.compat.v1.keras.", "tensorflow.compat.v2.keras.", "tensorflow.keras.", "tf_keras.api._v2.keras.",
    "tf_keras.api._v1.keras.", "tf_keras.src.", "tf_keras.api.", "tf_keras.", "keras._tf_keras.keras.", "keras.api._tf_keras.keras.",
    "keras.api._v2.keras.", "keras.api._v1.keras.", "keras.api.", "keras.src.", "keras_core.src.", "keras_core.api.", "keras_core.", "keras_hub.src.",
    "keras_cv.src.", "keras_nlp.src.", "keras_hub.", "keras_cv.", "keras_nlp.", "keras.",
)  # fmt: skip
# Folders of Keras that hold no part of a model, below one of those beginnings.
ACTING = (
    "utils", "saving", "config", "datasets", "callbacks", "distribution", "distribute", "export", "tree", "trainers", "visualization", "testing",
    "testing_infra", "wrappers", "preprocessing", "legacy.saving", "legacy.preprocessing", "_legacy.saving", "_legacy.preprocessing", "_legacy.utils", "backend.config", "backend.tensorflow.distribution_lib",
    "benchmarks", "layers.preprocessing.benchmarks", "dtensor", "estimator", "scikit_learn", "api_export", "version", "backend.common.global_state", "models.cloning", "engine.saving",
)  # fmt: skip
# What stands there and is a part of a model: layers, and what numbers are turned with.
PARTS = frozenset(
    """
    FeatureSpace Feature Cross TorchModuleWrapper FlaxLayer JaxLayer TFSMLayer normalize to_categorical preprocess_input unpack_x_y_sample_weight
    ReductionV2 LossFunctionWrapper Sequence
    """.split()  # noqa: SIM905
)
# Functions of Keras, wherever they stand, that call what their arguments name, open files, or fetch.
CALLING = frozenset(
    """
    deserialize serialize get func_load func_dump clone_model clone_and_build_model model_from_config model_from_json model_from_yaml
    load_model_from_hdf5 load_weights_from_hdf5_group load_model_from_saved_model extract_archive extract_open_archive plot_model model_to_dot
    load_data decode_predictions set_backend import_module custom_object_scope get_custom_objects enable_unsafe_deserialization
    _extract_archive urlretrieve from_preset load_img save_img array_to_img get_registered_object
    compute_sentence_piece_proto compute_word_piece_vocabulary
    """.split()  # noqa: SIM905
)
# Functions of Keras, wherever they stand, whose names say that they do something: ``keras.backend.set_floatx`` changes what all models of the
# process compute with, and a trace of the profiler is a file (both seen in 3.8.0). ``stop_gradient`` is mathematics.
ACTS = r"_*(set|enable|disable|register|clear|reset|start|load|save|export|read|write|download|upload|deserialize|serialize|configure|initialize|manual)_\w+|stop_\w*trace"
# Whole models of keras.applications: the call fetches their weights, or opens the file that it is given.
APPLICATION = r"(ResNet|VGG|Xception|Inception|MobileNet|DenseNet|NASNet|EfficientNet|ConvNeXt|RegNet)[A-Za-z0-9]*"
