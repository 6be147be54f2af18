"""Mutated code objects, by the million: whatever the bytes, there is a `Code` or a `MalformedCode`, a text or a refusal; soon, and small.

    python -m tests.bytecode.fuzz --count 1000000 --seed 1

Begins with every recorded code object. A mutant that reaches a line of the readers that none reached before (Python 3.12 and later;
before, one that ends in a way not seen before) becomes a parent itself. Run by hand; test_fuzz.py runs a small portion.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from kdoctor.bytecode import as_layer, names, reach
from kdoctor.bytecode.code import Code, MalformedCode
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.source import function_of, source_of

from .fixtures import everything

SECONDS, MEGABYTES = 1.0, 256
READERS = str(Path(names.__file__).parent)
ODD = (0, 1, 2, 0x0F, 0x10, 0x7F, 0x80, 0x83, 0xE3, 0xFF)
WORDS = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\x01\x00\x00\x00", b"\x00\x00\x01\x00")


@dataclass(frozen=True)
class Parent:
    """Bytes to mutate; `inside` is where the instructions of its outermost code stand."""

    data: bytes
    inside: tuple[int, int]


def parents() -> list[Parent]:
    """Every recorded code object."""
    return [parent(each.data) for each in everything()]


def parent(data: bytes) -> Parent:
    try:
        code = read_code(data)
    except MalformedCode:
        return Parent(data, (0, len(data)))
    start = max(data.find(code.instructions), 0)
    return Parent(data, (start, start + len(code.instructions)))


def mutant(seeded: random.Random, one: Parent, other: Parent) -> bytes:
    """One to six changes, most of them to the instructions: those get past the reader."""
    data = bytearray(one.data)
    for _ in range(seeded.choice((1, 1, 1, 2, 2, 3, 4, 6))):
        low, high = one.inside if seeded.random() < 0.6 else (0, len(data))
        high = min(high, len(data))
        if low >= high:
            low, high = 0, len(data)
        if not data:
            break
        seeded.choice(CHANGES)(seeded, data, seeded.randrange(low, high), other.data)
    return bytes(data[: 1 << 16])


def _flip(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    data[at] ^= 1 << seeded.randrange(8)


def _odd(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    data[at] = seeded.choice(ODD)


def _any(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    data[at] = seeded.randrange(256)


def _near(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    data[at] = (data[at] + seeded.choice((-2, -1, 1, 2))) % 256


def _word(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    data[at : at + 4] = seeded.choice(WORDS)


def _delete(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    del data[at : at + seeded.choice((1, 2, 2, 4, 8))]


def _repeat(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    data[at:at] = data[at : at + seeded.choice((1, 2, 2, 4, 16))] * seeded.choice((1, 1, 2, 40))


def _move(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    """Two bytes at an even distance change places: instructions do."""
    length = 2
    to = at + 2 * seeded.randrange(-6, 7)
    if to >= 0 and max(at, to) + length <= len(data):
        data[at : at + length], data[to : to + length] = data[to : to + length], data[at : at + length]


def _splice(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    start = seeded.randrange(len(other)) if other else 0
    length = seeded.choice((2, 4, 8, 32))
    data[at : at + seeded.choice((0, length))] = other[start : start + length]


def _crossed(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    data[at:] = other[min(at, len(other)) :]


def _argument(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    """A small number where an argument may stand: most point somewhere."""
    data[at] = seeded.randrange(6)


def _insert(seeded: random.Random, data: bytearray, at: int, other: bytes) -> None:
    """An instruction of the same function once more, in another place."""
    start = at + 2 * seeded.randrange(-8, 9)
    data[at:at] = data[start : start + 2] if start >= 0 else b""


Change = Callable[[random.Random, bytearray, int, bytes], None]
CHANGES: tuple[Change, ...] = (
    _flip, _odd, _any, _any, _near, _near, _word, _delete, _repeat, _move, _move, _splice, _crossed, _argument, _argument, _insert
)  # fmt: skip


def outcome(data: bytes) -> str:
    """Everything that kdoctor does with a code object; a short word for how it ended. Raises what nobody expects."""
    try:
        code = read_code(data)
    except MalformedCode as error:
        return f"malformed: {_shape(error.reason)}"
    names.names_read(code)
    reach.reaches(code)
    as_layer.layer_source(code, "fuzzed", [1, "a"], [2])
    return _followed(code) if source_of(code) is None else "told as source"


def _followed(code: Code) -> str:
    try:
        function_of(code)
    except (Untraceable, MalformedCode) as error:
        return f"refused: {_shape(str(error))}"
    return "refused by the printer"


def _shape(reason: str) -> str:
    """A reason without the numbers and names of this one mutant."""
    return re.sub(r"'.*'|\".*\"|\d+", "…", reason, flags=re.DOTALL)[:60]


@dataclass
class Findings:
    """What a run has seen: how mutants ended, what went wrong, and the slowest."""

    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    slowest: float = 0.0
    slowest_data: bytes = b""


class Lines:
    """Which lines of the readers have run: the interpreter tells of each once (sys.monitoring, Python 3.12 and later)."""

    def __init__(self) -> None:
        self.new = 0
        monitoring = getattr(sys, "monitoring", None)
        if monitoring is not None:
            monitoring.use_tool_id(monitoring.COVERAGE_ID, "fuzz")
            monitoring.register_callback(monitoring.COVERAGE_ID, monitoring.events.LINE, self._line)
            self._disable = monitoring.DISABLE
            monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)

    def _line(self, code: CodeType, line: int) -> Any:
        self.new += code.co_filename.startswith(READERS)
        return self._disable

    def take(self) -> int:
        new, self.new = self.new, 0
        return new


def run(count: int, seed: int, show: Callable[[int, Findings, int], None] | None = None) -> Findings:
    """Judge `count` mutants; what takes longer than a second is wrong."""
    seeded, corpus, findings, lines = random.Random(seed), parents(), Findings(), Lines()
    for number, one in enumerate(itertools.islice(_chosen(seeded, corpus), count)):
        data = mutant(seeded, one, seeded.choice(corpus))
        start = time.process_time()  # of this process alone, however busy the machine is
        try:
            end = outcome(data)
        except Exception as error:  # whatever it is, it is what we look for
            end = f"wrong: {type(error).__name__}"
            findings.wrong.append({"error": repr(error), "data": data.hex()})
        took = time.process_time() - start
        if took > SECONDS:
            findings.wrong.append({"error": f"{took:.2f} s", "data": data.hex()})
        if took > findings.slowest:
            findings.slowest, findings.slowest_data = took, data
        if lines.take() or end not in findings.ends:
            corpus.append(parent(data))
        findings.ends[end] += 1
        if show is not None and number % 10_000 == 0:
            show(number, findings, len(corpus))
    return findings


def _chosen(seeded: random.Random, corpus: list[Parent]) -> Iterator[Parent]:
    """Any parent, the latest more often."""
    while True:
        yield corpus[-1 - int(len(corpus) * seeded.random() ** 2)]


def _alarm(*_: object) -> None:
    raise TimeoutError("the alarm rang")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    signal.signal(signal.SIGALRM, _alarm)

    def show(number: int, findings: Findings, parents: int) -> None:
        signal.alarm(300)  # ten thousand mutants take seconds
        print(f"{number:,} mutants, {parents:,} parents, slowest {findings.slowest:.3f} s, {len(findings.wrong)} wrong", flush=True)

    start = time.perf_counter()
    findings = run(arguments.count, arguments.seed, show=show)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told = sum(count for end, count in findings.ends.items() if end == "told as source")
    report = {
        "python": sys.version.split()[0],
        "mutants": arguments.count,
        "seed": arguments.seed,
        "minutes": round((time.perf_counter() - start) / 60, 1),
        "read": sum(count for end, count in findings.ends.items() if not end.startswith("malformed")),
        "told as source": told,
        "distinct ends": len(findings.ends),
        "slowest seconds": round(findings.slowest, 3),
        "slowest": findings.slowest_data.hex(),
        "memory MB": f"{begun} at the start, {peak} at most",
        "wrong": findings.wrong[:100],
    }
    text = json.dumps(report, indent=1)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
