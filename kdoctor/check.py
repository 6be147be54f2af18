"""What a check is, and what it may say."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import NamedTuple, TypeAlias

from kdoctor.document import ABSENT, Document, Fault
from kdoctor.edit import Edit
from kdoctor.errors import PackError
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.verdict import Need as Need
from kdoctor.verdict import Severity as Severity

CODE = re.compile(r"[A-Z]+\d{3}")


class Safety(str, Enum):
    """safe: the same function, loads in at least as many places; unsafe: opt in, drops or changes something; advice: never applied."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    ADVICE = "advice"


class Repair(NamedTuple):
    """What cures a finding: all of its edits, or none. Advice has a title and no edits.

    ``native`` says that the cure lives in a ``.keras`` archive only: the plan writes an ``.h5`` as one, and examines again.
    ``reworded``: the cure is to say the whole model in the words of an earlier Keras, which is a conversion, and no matter of edits.
    ``source`` is Python that has to be compiled before the edits are known: `Given.compiled` brings the code, where the user allows it.
    ``first``: what other cures write depends on it, as on where arrays stand: they wait a round.
    """

    title: str
    edits: tuple[Edit, ...] = ()
    safety: Safety = Safety.SAFE
    native: bool = False
    source: str = ""
    reworded: bool = False
    first: bool = False

    @property
    def changes(self) -> bool:
        """Whether anything is written, advice apart."""
        return bool(self.edits) or self.native or self.reworded or bool(self.source)


def remove_faults(title: str, *faults: tuple[Pointer, Fault], safety: Safety = Safety.SAFE) -> Repair:
    """The repair that asks the writer for a file without these faults."""
    return Repair(title, tuple(Edit(at, old=fault, new=ABSENT) for at, fault in faults), safety)


class Excerpt(NamedTuple):
    """Text from the file worth quoting, with the spans (start, end: characters) to mark, and a remark about them."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()
    remark: str = ""


class Finding(NamedTuple):
    """One cause, at one place.

    ``layer`` is the name of the layer it is about; ``keras_says`` the message that Keras would show; ``mild`` chooses the milder
    severity that the check declares; ``undecided`` says that kdoctor cannot tell whether the file loads; ``recursion_limit``: the error
    is one of Python's default limit alone, and under this one (``sys.setrecursionlimit``) the target loads the file as it is;
    ``other_numbers``: the target would compute something else, and does so in whatever words a conversion writes the model.
    """

    at: Pointer
    message: str
    repair: Repair | None = None
    needs: tuple[Need, ...] = ()
    layer: str | None = None
    keras_says: str | None = None
    excerpt: Excerpt | None = None
    mild: bool = False
    undecided: bool = False
    recursion_limit: int | None = None
    other_numbers: bool = False


Examine: TypeAlias = Callable[[Document, Target], Iterator[Finding]]


class Check(NamedTuple):
    """A named offence and the function that finds it; the function's docstring is the check's page."""

    code: str
    name: str
    severity: Severity
    mild: Severity
    since: str
    page: str
    run: Examine

    def severity_of(self, finding: Finding) -> Severity:
        return self.mild if finding.mild else self.severity

    @property
    def summary(self) -> str:
        return self.page.split("\n", 1)[0]


def check(code: str, severity: Severity, *, since: str, mild: Severity | None = None) -> Callable[[Examine], Check]:
    """Make a check of a generator function: its name is the offence, its docstring the page.

    ``mild`` is the severity of findings that say so themselves (``Finding.mild``). Raises `PackError` for a malformed code or no page.
    """

    def decorate(function: Examine) -> Check:
        name = function.__name__.replace("_", "-")
        page = inspect.cleandoc(function.__doc__ or "")
        if not CODE.fullmatch(code) or not page:
            raise PackError(f"check {code} {name}: a code is letters and three digits, and a docstring is required")
        return Check(code, name, severity, severity if mild is None else mild, since, page, function)

    return decorate
