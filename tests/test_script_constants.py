"""Constants of a training script, read and never run."""

from __future__ import annotations

import math

import pytest

from kdoctor.errors import UsageError
from kdoctor.script_constants import Unknown, constant, read_script

SCRIPT = """
import os
import math as m
import numpy as np
from config import DEPTH
from math import pi as circle
from tensorflow.nn import relu as two
from tensorflow.nn import relu6 as two
from tensorflow.keras import backend as B2
STARRED = 1
from settings import *

CONV_WIDTH = 3
BOTH = CONV_WIDTH * 2 + 1
A, (B, C) = 1, (2.5, "three")
FIRST = SECOND = -7
SHAPE = (28, 28, 1)
MEANS = [103.939, 116.779, 123.68]
LOOKUP = {"a": 1, "b": SHAPE}
RATE: float = 1e-3
ANNOTATED: int
HALF = 1 / 2
PI = np.pi
TAU = 2 * m.pi
NEW = np.newaxis
FOLDER = os.environ["HOME"]
RANDOM = np.random.rand()
SAME = 4
SAME = 2 + 2
TWICE = 1
TWICE = 2
HUGE = 10 ** 10 ** 10
LONG = "x" * 10 ** 9
LOOP = LOOP_TOO
LOOP_TOO = LOOP
COUNT = 0
COUNT += 1
CHANGED = [1]
CHANGED[0] = 2
if FOLDER:
    DEPENDS = 1
for i in range(3):
    LAST = i
try:
    import json
except ImportError as e:
    pass
GLOBAL = 1
DELETED = 1
del DELETED


def set_it():
    global GLOBAL
    GLOBAL = 2


def function():
    LOCAL = 1
"""
READ = read_script(SCRIPT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONV_WIDTH", 3), ("BOTH", 7), ("A", 1), ("B", 2.5), ("C", "three"), ("FIRST", -7), ("SECOND", -7), ("SHAPE", (28, 28, 1)),
        ("MEANS", [103.939, 116.779, 123.68]), ("LOOKUP", {"a": 1, "b": (28, 28, 1)}), ("RATE", 1e-3), ("HALF", 0.5), ("PI", math.pi),
        ("TAU", math.tau), ("NEW", None), ("SAME", 4),
    ],
)  # fmt: skip
def test_literals_and_arithmetic_with_known_names_are_known(name: str, value: object) -> None:
    found = constant(READ, name)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("FOLDER", r"cannot be read off the source in line \d+"),
        ("RANDOM", r"cannot be read off the source in line \d+"),
        ("TWICE", r"assigned more than once, and not the same: lines \d+, \d+"),
        ("HUGE", "a number too large"),
        ("LONG", r"computed in line \d+"),
        ("LOOP", "made of itself"),
        ("COUNT", r"is changed in line \d+"),
        ("CHANGED", r"is changed in line \d+"),
        ("DEPENDS", r"is changed in line \d+"),
        ("LAST", r"is changed in line \d+"),
        ("i", r"is changed in line \d+"),
        ("GLOBAL", "changed by a function"),
        ("DELETED", r"is changed in line \d+"),
        ("LOCAL", "not assigned at the top level"),
        ("ANNOTATED", "not assigned at the top level"),
        ("DEPTH", "import in line"),
        ("two", "import in line"),
        ("B2", "may be changed by the import in line"),
        ("STARRED", "may be changed by the import in line"),
        ("e", "is changed in line"),
        ("json", "is changed in line"),
        ("function", r"is a function, not a value, in line \d+"),
        ("NOWHERE", "not assigned at the top level"),
    ],
)
def test_what_the_script_does_not_plainly_say_is_not_known(name: str, why: str) -> None:
    with pytest.raises(Unknown, match=why):
        constant(READ, name)


def test_numpy_by_another_hand_is_not_numpy() -> None:
    with pytest.raises(Unknown):
        constant(read_script("import mine as np\nX = np.pi"), "X")


@pytest.mark.parametrize("text", ["def (", "x = \x00", "(" * 5000, "x" * (5 << 20)])
def test_what_is_no_script_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_script(text)


def test_no_arithmetic_runs_away() -> None:
    for text in (
        "X = 9 ** 9 ** 9",
        "X = 1 << 10 ** 9",
        "X = 2.0 ** 100000",
        "X = 1 / 0",
        "X = (-8) ** 0.5",
        "X = " + "(1 +" * 60 + "1" + ")" * 60,
    ):
        with pytest.raises(Unknown):
            constant(read_script(text), "X")
    doubled = "A0 = [1, 2]\n" + "\n".join(f"A{i + 1} = A{i} + A{i}" for i in range(40))
    with pytest.raises(Unknown, match="items"):
        constant(read_script(doubled), "A40")


def test_what_keras_and_its_kin_hold_is_known_by_where_it_was_imported_from() -> None:
    script = read_script(
        "import numpy as np\nfrom math import pi\nfrom keras.layers import *\nfrom tensorflow.keras import backend as B\nfrom mine import f"
    )
    assert [constant(script, name) for name in ("np", "pi", "B")] == ["numpy", math.pi, "tensorflow.keras.backend"]
    with pytest.raises(Unknown, match="is imported in line 5"):
        constant(script, "f")
    with pytest.raises(Unknown, match="may be changed by the import"):
        constant(read_script("import numpy as np\nfrom mine import *"), "np")
    with pytest.raises(Unknown, match="is imported in line 2"):
        constant(read_script("import numpy as np\nimport tensorflow.experimental.numpy as np"), "np")


@pytest.mark.parametrize(
    "after",
    [
        "def relu(x):\n    return x * 2",
        "for relu in range(3):\n    pass",
        "try:\n    from mine import relu\nexcept ImportError:\n    pass",
        "def f():\n    global relu\n    relu = 3",
        "from tensorflow.keras.layers import *",
        "relu = 3",
        "del relu",
    ],
)
def test_what_may_have_become_something_else_is_not_taken_for_what_was_imported(after: str) -> None:
    script = read_script(f"from tensorflow.nn import relu\nfrom keras import backend as B\n{after}")
    with pytest.raises(Unknown):
        constant(script, "relu")
    assert constant(script, "B") == "keras.backend"


def test_no_constant_is_read_from_a_module_whose_name_was_given_away() -> None:
    with pytest.raises(Unknown, match="cannot be read off"):
        constant(read_script("import math\nclass math:\n    pi = 3\nTURN = math.pi"), "TURN")
