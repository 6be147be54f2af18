"""K407: a stored function that reaches for more than a model needs. Nothing here is ever run."""

from __future__ import annotations

from pathlib import Path

import pytest
from stored_lambdas import crop, encoded, innermost

from kdoctor.testing import examine, layer, model

HOSTILE = {
    "lambda x: os.system('id')": "os.system",
    "lambda x: (__import__('os').environ.__setitem__('A', '1'), x)[1]": "__import__",
    "lambda x: subprocess.run(['id'])": "subprocess.run",
    "lambda x: eval('1') * x": "eval",
    "lambda x: exec('import os') or x": "exec",
    "lambda x: open('/etc/passwd').read()": "open",
    "lambda x: socket.socket().connect(('h', 1))": "socket.socket",
    "lambda x: pickle.loads(b'')": "pickle.loads",
    "lambda x: ctypes.CDLL(None)": "ctypes.CDLL",
    "lambda x: importlib.import_module('os')": "importlib.import_module",
    "lambda x: ().__class__.__bases__[0].__subclasses__()": "__subclasses__",
    "lambda x: x.__class__.__mro__": "__mro__",
    "lambda x: (lambda: 0).__globals__['x']": "__globals__",
    "lambda x: getattr(x, 'sys' + name)(1)": "getattr",
    "lambda x: getattr(tf, 'py_function')(f, [x], 1)": "getattr(…, 'py_function')",
    "lambda x: list(map(getattr, [x], ['a']))": "getattr",
    "lambda x: exec(base64.b64decode('aWQ=')) or x": "base64.b64decode",
    "lambda x: globals()['__builtins__']": "globals",
    "lambda x: '{0.__globals__}'.format(f)": "'__globals__'",
    "lambda x: __builtins__['ev' + 'al']('1')": "__builtins__",
    "lambda x: tf.io.read_file('/etc/passwd')": "tf.io.read_file",
    "lambda x: tf.io.write_file('a', 'b')": "tf.io.write_file",
    "lambda x: tf.py_function(f, [x], tf.float32)": "tf.py_function",
    "lambda x: tf.numpy_function(f, [x], tf.float32)": "tf.numpy_function",
    "lambda x: tf.compat.v1.py_func(f, [x], tf.float32)": "tf.compat.v1.py_func",
    "lambda x: tf.raw_ops.ReadFile(filename='a')": "tf.raw_ops.ReadFile",
    "lambda x: tf.io.gfile.remove('a')": "tf.io.gfile.remove",
    "lambda x: keras.utils.get_file('a', 'http://h')": "keras.utils.get_file",
    "lambda x: keras.utils.os.system('id')": "keras.utils.os.system",
    "lambda x: np.load('a', allow_pickle=True)": "np.load",
    "lambda x: np.fromfile('a')": "np.fromfile",
    "lambda x: o.system('id')": "o.system",
    "lambda x: [m for m in sys.modules]": "sys.modules",
    "lambda x: (lambda y: (lambda z: os.remove(z)))(x)": "os.remove",
    "lambda x: operator.attrgetter('a.b')(x)": "operator.attrgetter",
}
HONEST = (
    "lambda x: x[:, -CONV_WIDTH:, :]",
    "lambda x: tf.nn.l2_normalize(x, axis=1)",
    "lambda x: K.sqrt(K.sum(K.square(x), axis=-1)) + K.epsilon()",
    "lambda x: tf.image.resize(x, (x.shape[1] * 2, x.shape[2] * 2))",
    "lambda x: x * input",
    "lambda x: x / sys.float_info.max",
    "lambda x: x * nt + code",
    "lambda x: tf.io.decode_base64(x)",
    "lambda x: tf.signal.stft(x, 256, 128)",
    "lambda x: tf.TensorArray(tf.float32, 1).write(0, x).read(0)",
    "lambda x: getattr(K, 'abs')(x)",
    "lambda x: tf.math.reduce_max(x, axis=[1, 2]) if K.image_data_format() == 'channels_last' else x",
    "lambda x: layer.call(x.eval())",
    "lambda x: x.__class__.__name__ and x",
    "lambda x: os * x",
)


@pytest.mark.parametrize("source", HOSTILE)
def test_every_way_out_is_named(source: str) -> None:
    (finding,) = examine("K407", model(crop(source)))
    assert finding.message.startswith("Lambda 'crop' reaches for the system: ")
    assert f"{HOSTILE[source]} (" in finding.message
    assert (finding.repair, finding.needs, finding.mild) == (None, (), False)


@pytest.mark.parametrize("source", HONEST)
def test_honest_functions_are_let_alone(source: str) -> None:
    assert examine("K407", model(crop(source))) == []


def test_the_functions_that_people_publish_are_let_alone() -> None:
    sources = (Path(__file__).parent.parent / "bytecode" / "data" / "sources.txt").read_text()
    honest = [text for paragraph in sources.split("\n\n") for text in [paragraph.strip()] if text.startswith("lambda")]
    assert len(honest) > 50
    assert [source for source in honest if examine("K407", model(crop(source)))] == []


def test_imports_within_a_function_count_by_what_they_import() -> None:
    def told(line: str) -> str:
        code = innermost(compile(f"def f(x):\n    {line}\n    return x", "train.py", "exec"))
        found = examine("K407", model(layer("Lambda", name="lam", function=encoded(code))))
        return found[0].message.removeprefix("Lambda 'lam' reaches for the system: ").partition(" (CVE-")[0] if found else ""

    assert told("import os as o") == "os (the machine)"
    assert told("from os import path") == "os.path (the machine)"
    assert told("from tensorflow.io import read_file").endswith("tensorflow.io.read_file (files)")
    assert told("from operator import attrgetter").endswith("operator.attrgetter (hides what it calls)")
    assert told("import tensorflow as tf") == told("from math import pi") == told("from keras import backend as K") == ""


def test_code_that_never_runs_is_in_the_file_all_the_same() -> None:
    code = innermost(compile("def f(x):\n    return x\n    os.system('id')", "train.py", "exec"))
    hidden = code.replace(co_consts=(*code.co_consts, innermost(compile("def g():\n    return os.system('id')", "g.py", "exec"))))
    (finding,) = examine("K407", model(layer("Lambda", name="lam", function=encoded(hidden))))
    assert "os.system" in finding.message


def test_output_shapes_masks_and_activations_are_functions_too() -> None:
    bad = crop("lambda x: os.system('id')")["config"]["function"]
    good = crop("lambda x: x")["config"]["function"]
    places = model(layer("Lambda", name="crop", function=good, output_shape=bad, mask=bad), layer("Dense", activation=bad))
    assert [finding.message.split(" reaches")[0] for finding in examine("K407", places)] == [
        "the output_shape of 'crop'",
        "the mask of 'crop'",
        "the activation of 'dense'",
    ]
