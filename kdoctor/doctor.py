"""Files in, reports and plans out: what the commands, the scan and the Python interface share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from kdoctor.archive import Place, RemoteFile, open_document
from kdoctor.check import Check
from kdoctor.container import Container
from kdoctor.document import Document, Format
from kdoctor.engine import Failure, Plan, Report, attempt, examine, plan
from kdoctor.keras_api.catalogue import releases
from kdoctor.limits import MIB, Limits
from kdoctor.prognosis import foresee
from kdoctor.target import Target

Progress = Callable[[int, int], None]  # is told how many bytes are done, and of how many
NOTHING = Document(Format.OTHER, {})
SEEN_BYTES = 64 * MIB  # of weights whose numbers a repair looks at before it writes


def examine_file(
    path: Place,
    target: Target,
    checks: Sequence[Check],
    limits: Limits | None = None,
    *,
    everywhere: bool = False,
    deep: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Open and examine one file, ``everywhere`` with an outlook for every release, ``deep`` with a look at the numbers themselves.

    Whatever happens to the reader becomes a failure of the report.
    """
    start = time.perf_counter()
    document = attempt("archive", lambda: open_document(path, limits or Limits()))
    if isinstance(document, Failure) and isinstance(path, RemoteFile):
        document = document._replace(error=path.without_secrets(document.error))
    seen = attempt("numbers", lambda: _with_numbers(document, progress)) if deep and isinstance(document, Document) else document
    whole = document if isinstance(seen, Failure) else seen
    if isinstance(whole, Failure):
        report = Report(str(path), NOTHING, target, failures=(whole,), asked=tuple(check.code for check in checks))
    else:
        report = examine(whole, target, checks, str(path), whole=False)
        if everywhere:
            report = replace(report, outlooks=foresee(whole, target, checks))
        if isinstance(seen, Failure):
            report = replace(report, failures=(*report.failures, seen))
    return replace(report, seconds=time.perf_counter() - start)


def plan_file(path: Path, target: Target, checks: Sequence[Check], *, unsafe: bool = False, partial: bool = False) -> Plan:
    """Open, examine and plan the repair of one file; ``partial``: what can be saved of it, where it is damaged."""
    start = time.perf_counter()
    document = attempt("archive", lambda: open_document(path))
    if isinstance(document, Failure):
        report = Report(str(path), NOTHING, target, failures=(document,))
        return Plan(report, report, ())
    made = _planned(document, path, target, checks, unsafe=unsafe, partial=partial)
    return replace(made, before=replace(made.before, seconds=time.perf_counter() - start))


def _planned(document: Document, path: Path, target: Target, checks: Sequence[Check], *, unsafe: bool, partial: bool = False) -> Plan:
    """The plan of a file that is open."""
    from kdoctor.custom.custom_objects import check_settings  # what the user gives matters to a repair alone
    from kdoctor.hub_modules import with_modules

    target = with_modules(document, target)
    seen = document
    if target.given.settings and target.given.architecture is not None:
        from kdoctor.convert.assembly import with_given  # dear to import, and seldom asked for

        seen = with_given(document, target)
    check_settings(seen, target)
    made = plan(document, target, checks, str(path), unsafe=unsafe)
    if not made.after.obstacles and sum(weight.bytes for weight in document.weights.values()) <= SEEN_BYTES:
        made = _seen(made, target, checks, str(path), unsafe)
    if partial and made.after.obstacles:
        from kdoctor.salvage import completed, salvaged  # seldom wanted

        made = salvaged(made, target, checks, unsafe=unsafe) or completed(made, target, checks, unsafe=unsafe) or made
    return made


def repair_file(
    path: Path, target: Target, checks: Sequence[Check], *, unsafe: bool = False, partial: bool = False, python: str | None = None
) -> Plan:
    """Plan the repair of one file; ``python`` is the interpreter that compiles for the target, this one by default.

    What is written for Keras 3 becomes good for an earlier Keras by saying all of it in that one's words, which is a conversion: into the
    container that it is in, if the target reads that, else into an ``.h5``.
    """
    made = plan_file(path, target, checks, unsafe=unsafe, partial=partial)
    if unsafe and made.after.obstacles and not made.after.failures:
        made = _with_compiled(made, path, target, checks, python)
    if target.keras_3 or made.after.failures or not made.after.obstacles:
        return made
    from kdoctor.migrate import as_repair  # brings all of the converter, which an examination never needs

    own = Container.KERAS if made.before.document.format.native else Container.H5
    tried = [_conversion(path, target, checks, container, unsafe) for container in dict.fromkeys((own, Container.H5))]
    found = next((one for one in tried if one.converted and not one.refused and one.after.loads_prepared), None)
    if found is not None:
        return as_repair(made, found)
    return replace(made, refused=next((one.refused for one in reversed(tried) if one.refused and not one.pointless), ""))


def _with_compiled(made: Plan, path: Path, target: Target, checks: Sequence[Check], python: str | None) -> Plan:
    """The plan for a target without safe mode, whose functions are compiled anew, if nothing is wrong with the file then; else the one made."""
    repairs = (found.finding.repair for found in made.after.findings)
    sources = dict.fromkeys(repair.source for repair in repairs if repair is not None and repair.source)
    if not sources or target.python is None:
        return made
    from kdoctor.recompiling.run import compiled  # a last resort

    given = replace(target.given, compiled=compiled(tuple(sources), python))
    again = plan_file(path, replace(target, safe_mode=False, given=given), checks, unsafe=True)
    if not again.after.loads_prepared:
        return made
    release = ".".join(map(str, target.python))
    note = f"it still holds Python bytecode: load_model runs it, only with safe_mode=False, and only in Python {release}"
    return replace(again, before=made.before, notes=(*again.notes, note))


def convert_file(path: Path, target: Target, checks: Sequence[Check], container: Container, *, unsafe: bool = False) -> Plan:
    """Plan the repair of one file, and its conversion. What is wrong with it is told for the target, whatever it is cured for first."""
    from kdoctor.migrate import told_for

    made = _conversion(path, target, checks, container, unsafe)
    return made if made.before.target == target or made.before.document is NOTHING else told_for(made, target, checks)


def _conversion(path: Path, target: Target, checks: Sequence[Check], container: Container, unsafe: bool) -> Plan:
    """For a target before Keras 3 what Keras 3 saved is cured for the newest release first; what Keras 2 saved is in that target's words,
    or nearly."""
    from kdoctor.migrate import migrated, with_its_numbers

    if target.keras_3:
        repaired = plan_file(path, target, checks, unsafe=unsafe)
        if unsafe and repaired.after.obstacles and not repaired.after.failures:
            repaired = _with_compiled(repaired, path, target, checks, None)
        return migrated(_with_words(repaired) if container is Container.H5 else repaired, repaired.after.target, checks, container)
    document = attempt("archive", lambda: open_document(path))
    if isinstance(document, Document) and document.saved_by().major == target.minor[0]:
        return _within_keras_2(document, path, target, checks, container, unsafe)
    repaired = plan_file(path, replace(target, release=releases()[-1], family="keras"), checks, unsafe=unsafe)
    return migrated(_with_words(with_its_numbers(repaired, target, checks, unsafe=unsafe)), target, checks, container)


def _within_keras_2(document: Document, path: Path, target: Target, checks: Sequence[Check], container: Container, unsafe: bool) -> Plan:
    """The conversion of what Keras 2 saved, for a Keras 2: of the repaired file, or where that would not load as it is (an archive, for
    2.9), of the file. Where nothing comes of it, what is wrong with the file is told for the target."""
    from kdoctor.migrate import migrated, with_its_numbers

    start = time.perf_counter()
    repaired = _planned(document, path, target, checks, unsafe=unsafe)
    before = replace(repaired.before, seconds=time.perf_counter() - start)
    source = repaired
    if repaired.after.obstacles and not repaired.after.failures:
        source = replace(repaired, after=Report(str(path), document, target), applied=())
    made = migrated(_with_words(with_its_numbers(source, target, checks, unsafe=unsafe)), target, checks, container)
    if made.refused and source is not repaired:
        made = repaired if made.pointless else replace(made, after=repaired.after, applied=repaired.applied)
    return replace(made, before=before)


def _with_words(made: Plan) -> Plan:
    """The plan, whose layers state the words that an archive keeps beside them; as it is where they cannot be read."""
    if not any(member.role == "asset" for member in made.before.document.members.values()):
        return made
    from kdoctor.archive.vocabularies import vocabularies  # what few files have
    from kdoctor.replacements.stated_words import with_stated_words

    words = attempt("vocabularies", lambda: vocabularies(made.before.document))
    if isinstance(words, Failure):
        return made
    return replace(made, after=replace(made.after, document=with_stated_words(made.after.document, words)))


def _seen(made: Plan, target: Target, checks: Sequence[Check], path: str, unsafe: bool) -> Plan:
    """The plan again, if a look at the numbers shows what no repair can cure: then nothing must be called cured."""
    seen = attempt("numbers", lambda: _with_numbers(made.before.document))
    if isinstance(seen, Failure):
        return replace(made, after=replace(made.after, failures=(*made.after.failures, seen)))
    return plan(seen, target, checks, path, unsafe=unsafe) if seen.faults != made.before.document.faults else made


def _with_numbers(document: Document, progress: Progress | None = None) -> Document:
    from kdoctor.archive.numbers import with_numbers_seen  # brings the writers, which an inspection never needs

    return with_numbers_seen(document, progress)
