"""Instructions put together by hand from the tables: of Python 3.5, of which nothing is recorded, and those that came with 3.14."""

from __future__ import annotations

from kdoctor.bytecode.code import Code, PythonRange, Release, Value
from kdoctor.bytecode.opcodes import opcode_table
from kdoctor.bytecode.source import source_of

PYTHON_3_5: Release = (3, 5)
PYTHON_3_14: Release = (3, 14)


def assembled(release: Release, steps: list[tuple[str, int]], consts: tuple[Value, ...] = (), names: tuple[str, ...] = ()) -> Code:
    table = opcode_table(release)
    by_name = {each.name: each for each in table.by_number.values()}
    data = b""
    for name, argument in steps:
        opcode = by_name[name]
        width = 1 if table.is_wordcode else 2 if opcode.number >= table.argument_from else 0
        data += bytes([opcode.number]) + argument.to_bytes(width, "little") + bytes(2 * opcode.caches)
    return Code(
        argcount=1, posonlyargcount=0, kwonlyargcount=0, stacksize=8, flags=3, instructions=data, consts=consts, names=names, varnames=("x",),
        freevars=(), cellvars=(), filename="train.py", name="<lambda>", qualname="<lambda>", firstlineno=1, linetable=b"", exceptiontable=b"",
        python=PythonRange(release, release), localsplus=("x",),
    )  # fmt: skip


def text_of(code: Code) -> str:
    found = source_of(code)
    assert found is not None
    return found.text


def test_3_14_arithmetic_with_borrowed_variables_and_small_integers() -> None:
    steps = [("RESUME", 0), ("LOAD_FAST_BORROW", 0), ("LOAD_SMALL_INT", 2), ("BINARY_OP", 5), ("RETURN_VALUE", 0)]
    assert text_of(assembled(PYTHON_3_14, steps)) == "lambda x: x * 2"


def test_3_14_slices_that_are_constants() -> None:
    steps = [("RESUME", 0), ("LOAD_FAST_BORROW", 0), ("LOAD_CONST", 0), ("BINARY_OP", 26), ("RETURN_VALUE", 0)]
    assert text_of(assembled(PYTHON_3_14, steps, consts=((slice(None), slice(-3, None)),))) == "lambda x: x[:, -3:]"


def test_3_14_a_call_of_a_module_function() -> None:
    steps = [
        ("RESUME", 0), ("LOAD_GLOBAL", 0), ("LOAD_ATTR", 2), ("LOAD_ATTR", 5), ("LOAD_FAST_BORROW", 0), ("CALL", 1), ("RETURN_VALUE", 0),
    ]  # fmt: skip
    assert text_of(assembled(PYTHON_3_14, steps, names=("tf", "nn", "relu"))) == "lambda x: tf.nn.relu(x)"


def test_3_5_a_call_with_a_keyword() -> None:
    steps = [
        ("LOAD_GLOBAL", 0),
        ("LOAD_ATTR", 1),
        ("LOAD_FAST", 0),
        ("LOAD_CONST", 0),
        ("LOAD_CONST", 1),
        ("CALL_FUNCTION", 257),
        ("RETURN_VALUE", 0),
    ]
    assert text_of(assembled(PYTHON_3_5, steps, ("axis", 1), ("K", "sum"))) == "lambda x: K.sum(x, axis=1)"


def test_3_5_a_lambda_within() -> None:
    inner = assembled(PYTHON_3_5, [("LOAD_FAST", 0), ("LOAD_CONST", 0), ("BINARY_MULTIPLY", 0), ("RETURN_VALUE", 0)], (2,))
    steps = [
        ("LOAD_GLOBAL", 0), ("LOAD_CONST", 0), ("LOAD_CONST", 1), ("MAKE_FUNCTION", 0), ("LOAD_FAST", 0), ("CALL_FUNCTION", 2), ("RETURN_VALUE", 0),
    ]  # fmt: skip
    assert text_of(assembled(PYTHON_3_5, steps, (inner, "<lambda>"), ("f",))) == "lambda x: f(lambda x: x * 2, x)"
