from __future__ import annotations

import marshal
import random
import sys
import time

import pytest

from kdoctor.bytecode.code import Code, MalformedCode
from kdoctor.bytecode.marshal import CodeLimits, read_code
from kdoctor.bytecode.names import names_read
from kdoctor.bytecode.source import source_of

from .fixtures import compiled_here, dumped, everything, one, recorded


def code_with_constants(*constants: object) -> bytes:
    return marshal.dumps(compiled_here("lambda: 0").replace(co_consts=(None, 0, *constants)))


def in_a_code_object(constants: bytes) -> bytes:
    """A code object of the running Python whose constants are these very bytes."""
    mark = (None, 0, "here they go")
    data = marshal.dumps(compiled_here("lambda: 0").replace(co_consts=mark), 2)
    dumped_mark = marshal.dumps(mark, 2)
    assert data.count(dumped_mark) == 1
    return data.replace(dumped_mark, constants)


def test_every_recorded_code_object_is_read_whatever_python_wrote_it() -> None:
    for each in everything():
        code = read_code(each.data)
        assert each.release in code.python, each
        assert code.filename == "train.py"


def test_the_fields_are_those_that_python_itself_reads() -> None:
    theirs = compiled_here("def f(a, b, /, c, *d, e, **g):\n    return [h, a, {i: c for i in b}]")
    ours = read_code(marshal.dumps(theirs))
    assert ours.instructions == theirs.co_code
    assert (ours.argcount, ours.posonlyargcount, ours.kwonlyargcount) == (3, 2, 1)
    for field in ("names", "varnames", "freevars", "cellvars", "filename", "name", "firstlineno", "flags", "stacksize"):
        assert getattr(ours, field) == getattr(theirs, f"co_{field}"), field


def test_a_nested_code_object_is_among_the_constants() -> None:
    code = read_code(one("3.8", "lambda x: K.map_fn(lambda y: y * 2, x)"))
    (inner,) = code.nested()
    assert inner.varnames == ("y",)
    assert inner in code.consts


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, ..., 0, -1, 2**31, -(2**31), 2**64, -(2**200), 10**400, 0.0, -0.0, 1.5, float("inf"), 3j, complex(1, -0.0), "", "a", "é",
        "\ud800", "a" * 300, "é" * 300, b"", b"\x00\xff", (), (1,), (1, (2, (3,))), tuple(range(300)), frozenset(), frozenset({"a"}),
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("version", [0, 2, 4])
def test_constants_are_read_without_loss(value: object, version: int) -> None:
    theirs = compiled_here("lambda: 0").replace(co_consts=(None, 0, value))
    ours = read_code(marshal.dumps(theirs, version)).consts[2]
    assert type(ours) is type(value)
    assert repr(ours) == repr(value)


def test_a_constant_that_stands_in_two_places_is_the_same_in_both() -> None:
    shared = ("long enough to be shared", 1.5)
    code = read_code(code_with_constants(shared, shared))
    assert code.consts[2] == code.consts[3] == shared


def test_containers_that_no_compiler_writes_are_read_too() -> None:
    constants = marshal.dumps((None, 0, [1, 2], {"a": [1]}, {3}, StopIteration), 2)
    assert read_code(in_a_code_object(constants)).consts[2:] == ([1, 2], {"a": [1]}, {3}, StopIteration)


@pytest.mark.parametrize("python", ["2.7", "3.6", "3.8", "3.13"])
def test_a_truncated_code_object_is_named_as_such(python: str) -> None:
    data = one(python, "lambda x: x[:, -CONV_WIDTH:, :]")
    for length in range(len(data)):
        with pytest.raises(MalformedCode):
            read_code(data[:length])


def test_bytes_after_the_code_object_are_refused() -> None:
    with pytest.raises(MalformedCode, match="2 bytes follow the code object"):
        read_code(dumped("lambda x: x") + b"N\x00")


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"N", b"hello world", b"PK\x03\x04", b"\xff" * 100, marshal.dumps((1, 2)), marshal.dumps("text")]
)
def test_what_is_no_code_object_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedCode):
        read_code(data)


def test_the_error_says_the_byte() -> None:
    with pytest.raises(MalformedCode) as caught:
        read_code(in_a_code_object(b"(\x03\x00\x00\x00Ni\x00\x00\x00\x00?"))
    assert "unknown mark 0x3f" in str(caught.value)
    assert f"at byte {caught.value.offset}" in str(caught.value)


@pytest.mark.parametrize("mark", [b"(", b"[", b"<", b">", b"s", b"u", b"a", b"l"])
def test_a_length_of_two_billion_costs_nothing(mark: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(MalformedCode):
        read_code(in_a_code_object(mark + b"\xff\xff\xff\x7f"))
    assert time.perf_counter() - started < 1


def test_deep_nesting_is_refused_before_it_overflows_the_stack() -> None:
    with pytest.raises(MalformedCode, match="objects within each other"):
        read_code(in_a_code_object(b"(\x01\x00\x00\x00" * 50_000 + b"N"))


def test_sharing_that_doubles_at_each_step_is_refused() -> None:
    data = b"\xa9\x28\xa9\x00" + b"".join(b"\xa9\x02" + (b"r" + n.to_bytes(4, "little")) * 2 for n in range(1, 40))
    with pytest.raises(MalformedCode, match="more than 200000 values"):
        read_code(in_a_code_object(data))


def test_an_object_that_contains_itself_is_refused() -> None:
    with pytest.raises(MalformedCode, match="contains itself"):
        read_code(in_a_code_object(b"\xa9\x01r\x00\x00\x00\x00"))


def test_a_set_of_lists_is_refused() -> None:
    with pytest.raises(MalformedCode, match="no set can hold"):
        read_code(in_a_code_object(b"(\x01\x00\x00\x00>\x01\x00\x00\x00[\x00\x00\x00\x00"))


def test_more_bytes_than_allowed_are_not_even_looked_at() -> None:
    with pytest.raises(MalformedCode, match="more than the 10 allowed"):
        read_code(dumped("lambda x: x"), CodeLimits(size=10))


def test_any_mutation_gives_code_or_malformed_code_and_nothing_else() -> None:
    seeded = random.Random(20261120)
    pool = [each.data for each in everything()]
    read = refused = 0
    for _ in range(3000):
        data = mutated(bytearray(seeded.choice(pool)), seeded)
        outcome = read_or_error(data)
        if isinstance(outcome, MalformedCode):
            assert 0 <= outcome.offset <= len(data)
            refused += 1
        else:
            names_read(outcome)
            source_of(outcome)
            read += 1
    assert min(read, refused) > 100


def read_or_error(data: bytes) -> Code | MalformedCode:
    try:
        return read_code(data)
    except MalformedCode as error:
        return error


def mutated(data: bytearray, seeded: random.Random) -> bytes:
    match seeded.randrange(3):
        case 0:
            return bytes(data[: seeded.randrange(len(data))])
        case 1:
            data[seeded.randrange(len(data))] = seeded.randrange(256)
        case _:
            for _ in range(2):
                data[min(20 + seeded.randrange(60), len(data) - 1)] = seeded.randrange(256)
    return bytes(data)


def test_the_package_never_uses_the_marshal_module_of_python() -> None:
    assert {
        name for name, module in sys.modules.items() if name.startswith("kdoctor") and getattr(module, "marshal", None) is marshal
    } == set()


def test_all_recorded_pythons_are_there() -> None:
    assert len(recorded("3.11")) > 100
