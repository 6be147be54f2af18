"""Python 3.14 has no recorded bytes here; its instructions are put together by hand from the table read from CPython's headers."""

from __future__ import annotations

from kdoctor.bytecode.code import Code, PythonRange, Value
from kdoctor.bytecode.opcodes import opcode_table
from kdoctor.bytecode.source import source_of

RELEASE = (3, 14)


def assembled(steps: list[tuple[str, int]], consts: tuple[Value, ...] = (), names: tuple[str, ...] = ()) -> Code:
    by_name = {each.name: each for each in opcode_table(RELEASE).by_number.values()}
    data = b"".join(bytes([by_name[name].number, argument]) + bytes(2 * by_name[name].caches) for name, argument in steps)
    return Code(
        argcount=1, posonlyargcount=0, kwonlyargcount=0, stacksize=8, flags=3, instructions=data, consts=consts, names=names, varnames=("x",),
        freevars=(), cellvars=(), filename="train.py", name="<lambda>", qualname="<lambda>", firstlineno=1, linetable=b"", exceptiontable=b"",
        python=PythonRange(RELEASE, RELEASE), localsplus=("x",),
    )  # fmt: skip


def text_of(code: Code) -> str:
    found = source_of(code)
    assert found is not None
    return found.text


def test_arithmetic_with_borrowed_variables_and_small_integers() -> None:
    steps = [("RESUME", 0), ("LOAD_FAST_BORROW", 0), ("LOAD_SMALL_INT", 2), ("BINARY_OP", 5), ("RETURN_VALUE", 0)]
    assert text_of(assembled(steps)) == "lambda x: x * 2"


def test_slices_that_are_constants() -> None:
    steps = [("RESUME", 0), ("LOAD_FAST_BORROW", 0), ("LOAD_CONST", 0), ("BINARY_OP", 26), ("RETURN_VALUE", 0)]
    assert text_of(assembled(steps, consts=((slice(None), slice(-3, None)),))) == "lambda x: x[:, -3:]"


def test_a_call_of_a_module_function() -> None:
    steps = [
        ("RESUME", 0), ("LOAD_GLOBAL", 0), ("LOAD_ATTR", 2), ("LOAD_ATTR", 5), ("LOAD_FAST_BORROW", 0), ("CALL", 1), ("RETURN_VALUE", 0),
    ]  # fmt: skip
    assert text_of(assembled(steps, names=("tf", "nn", "relu"))) == "lambda x: tf.nn.relu(x)"
