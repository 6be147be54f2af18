"""What a class or function of the user's reads of keras.backend."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from kdoctor.user_code.reading import definitions


def read(source: str) -> dict[str, tuple[str, ...]]:
    return {one.name: one.of_backend for one in definitions(ast.parse(dedent(source)), "mine", "mine.py")}


@pytest.mark.parametrize("line", ["from keras import backend as K", "import keras.backend as K"])
def test_what_always_runs_is_told_by_its_name(line: str) -> None:
    found = read(f"""
        {line}
        def sampling(args):
            mean, spread = args
            return mean + K.exp(spread) * K.random_normal(shape=K.shape(mean))
        swish = lambda x: x * K.sigmoid(x)
    """)
    assert set(found["sampling"]) == {"K.exp", "K.random_normal", "K.shape"}
    assert found["swish"] == ("K.sigmoid",)


def test_a_class_is_told_by_the_methods_that_keras_runs_those_of_its_base_too() -> None:
    found = read("""
        import keras
        class Base(keras.layers.Layer):
            def call(self, x):
                return keras.backend.dot(x, self.kernel)
        class Attention(Base):
            def plot(self):
                return keras.backend.eval(self.kernel)
    """)
    assert found == {"Base": ("keras.backend.dot",), "Attention": ("keras.backend.dot",)}


@pytest.mark.parametrize(
    "body",
    [
        "if mask is not None:\n        x = K.cast(mask, 'float32')\n    return x",
        "try:\n        return K.dot(x, x)\n    except AttributeError:\n        return x",
        "return K.dot(x, x) if hasattr(K, 'dot') else x",
        "return mask and K.dot(x, x)",
        "def inner(y):\n        return K.dot(y, y)\n    return x",
        "K = other\n    return K.dot(x, x)",
    ],
)
def test_what_may_never_run_is_left_out(body: str) -> None:
    assert read(f"from keras import backend as K\ndef scale(x, mask=None):\n    {body}\n") == {"scale": ()}


@pytest.mark.parametrize(
    "lines",
    [
        "from tensorflow.keras import backend as K",
        "import tensorflow.keras.backend as K",
        "try:\n    from keras import backend as K\nexcept ImportError:\n    from tensorflow.keras import backend as K",
        "from .keras import backend as K",
    ],
)
def test_another_backend_is_another_matter(lines: str) -> None:
    assert read(f"{lines}\ndef scale(x):\n    return K.dot(x, x)\n") == {"scale": ()}
