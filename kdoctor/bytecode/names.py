"""The names that a code object reads from outside itself: globals, closure variables, imports, attributes."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path

from kdoctor.bytecode.code import Code, Release
from kdoctor.bytecode.instructions import Instruction, instructions_of, variables_of
from kdoctor.bytecode.opcodes import flag_bits
from kdoctor.bytecode.remembered import remembered

GLOBAL_READS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
FREE_READS = ("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF")
ATTRIBUTE_READS = ("LOAD_ATTR", "LOAD_METHOD")
GLOBAL_WRITES = ("STORE_GLOBAL", "DELETE_GLOBAL")


@functools.cache
def builtin_names() -> frozenset[str]:
    """Names that Python itself defines, in any release from 2.7 to 3.13."""
    document = json.loads(Path(__file__).with_name("builtin_names.json").read_text(encoding="utf-8"))
    return frozenset(document["names"])


@dataclass(frozen=True, slots=True)
class GlobalRead:
    """A global name and the attributes plainly read from it: `tf.nn.relu` is `tf` with ("nn", "relu")."""

    name: str
    attributes: tuple[str, ...] = ()

    @property
    def is_builtin(self) -> bool:
        return self.name in builtin_names()

    def __str__(self) -> str:
        return ".".join((self.name, *self.attributes))


@dataclass(frozen=True, slots=True)
class NamesRead:
    """What a code object and all code within it read from outside, each once, in the order of the instructions.

    `free` holds only the closure variables that are really read; `imports` are dotted module names, those of
    `from m import n` followed by `m.n`; `attributes` are all attribute names, whatever they are read from;
    `writes` are the globals that it sets or deletes.
    """

    globals: tuple[GlobalRead, ...]
    free: tuple[str, ...]
    imports: tuple[str, ...]
    attributes: tuple[str, ...]
    writes: tuple[str, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The global names that are no builtins, each once: somebody has to supply them."""
        return tuple(dict.fromkeys(read.name for read in self.globals if not read.is_builtin))


@dataclass(slots=True)
class _Collector:
    """Dicts stand for ordered sets."""

    release: Release
    globals: dict[GlobalRead, None] = field(default_factory=dict)
    free: dict[str, None] = field(default_factory=dict)
    imports: dict[str, None] = field(default_factory=dict)
    attributes: dict[str, None] = field(default_factory=dict)
    writes: dict[str, None] = field(default_factory=dict)
    visited: set[int] = field(default_factory=set)
    module: str = ""

    def visit(self, code: Code, captured: frozenset[str]) -> None:
        """Collect from `code`; `captured` are those of its free variables that come from outside the outermost code."""
        self.visited.add(id(code))
        instructions = instructions_of(code, self.release)
        own = {self._name(code, instruction) for instruction in instructions if instruction.name == "STORE_NAME"}
        for index, instruction in enumerate(instructions):
            if instruction.name in GLOBAL_READS and self._name(code, instruction) not in own:
                chain = _chain(code, instructions[index + 1 : index + 33], self.release)
                self.globals[GlobalRead(self._name(code, instruction), chain)] = None
            elif instruction.name in FREE_READS:
                self.free.update((name, None) for name in variables_of(code, instruction, self.release) if name in captured)
            elif instruction.name == "LOAD_CONST":
                self._descend(code.consts[instruction.argument], captured)
            else:
                self._collect_name(code, instruction)
        for value in code.consts:  # code that no instruction loads is still in the file
            self._descend(value, captured)

    def _descend(self, value: object, captured: frozenset[str]) -> None:
        if isinstance(value, Code) and id(value) not in self.visited:
            self.visit(value, captured & frozenset(value.freevars))

    def _collect_name(self, code: Code, instruction: Instruction) -> None:
        if instruction.name in ATTRIBUTE_READS:
            self.attributes[self._name(code, instruction)] = None
        elif instruction.name in GLOBAL_WRITES:
            self.writes[self._name(code, instruction)] = None
        elif instruction.name == "IMPORT_NAME":
            self.module = self._name(code, instruction)
            self.imports[self.module] = None
        elif instruction.name == "IMPORT_FROM":
            self.imports[f"{self.module}.{self._name(code, instruction)}"] = None

    def _name(self, code: Code, instruction: Instruction) -> str:
        return code.names[instruction.argument >> flag_bits(instruction.name, self.release)]


@remembered
def names_read(code: Code) -> NamesRead:
    """Collect the names that `code` and the code within it read; nothing is run and no name is looked up."""
    collector = _Collector(code.python.last)
    collector.visit(code, frozenset(code.freevars))
    return NamesRead(
        tuple(collector.globals), tuple(collector.free), tuple(collector.imports), tuple(collector.attributes), tuple(collector.writes)
    )


def _chain(code: Code, following: tuple[Instruction, ...], release: Release) -> tuple[str, ...]:
    chain = []
    for instruction in following:
        if instruction.name not in ATTRIBUTE_READS:
            break
        chain.append(code.names[instruction.argument >> flag_bits(instruction.name, release)])
    return tuple(chain)
