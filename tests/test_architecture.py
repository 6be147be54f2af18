"""Who may import whom, what may not be imported at all, and how long anything may be. All of it is read from the sources."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "kdoctor"
CHECKS = PACKAGE.parent / "checks"
SOURCES = sorted(PACKAGE.rglob("*.py"))
CHECK_SOURCES = sorted(CHECKS.glob("*.py"))

# Each module or package imports from the rows above it alone, never from its own row.
LAYERS = (
    (
        "__version__",
        "errors",
        "pointer",
        "limits",
        "faults",
        "confine",
        "identifiers",
        "deployment",
        "numbers",
        "dtypes",
        "verdict",
        "saved_by",
        "installed",
    ),
    ("bytecode", "recipe_steps", "recompiling", "saved_model", "user_code", "verify"),
    ("builder", "hub", "recipe", "recipe_json"),
    ("document",),
    ("target", "edit", "container", "saved_release", "script_constants"),
    ("check", "archive", "structure"),
    ("packs", "keras_api"),
    ("asked", "keras_1", "native_config", "security", "testing"),
    ("graph",),
    ("translate", "weights"),
    ("custom", "replacements"),
    ("convert", "hub_modules"),
    ("abundance",),
    ("engine", "training"),
    ("outcomes",),
    ("file_report",),
    ("totals",),
    ("migrate", "prognosis", "repair", "report", "salvage", "snippet"),
    ("doctor", "policy"),
    ("gate", "rebuild"),
    ("scanning",),
    ("cli", "interface"),
    ("__main__",),
)
# What finds, reads, runs and prints is none of a check's business.
NOT_FOR_CHECKS = {
    "builder",
    "hub",
    "hub_modules",
    "asked",
    "installed",
    "packs",
    "abundance",
    "engine",
    "outcomes",
    "file_report",
    "totals",
    "gate",
    "interface",
    "policy",
    "archive",
    "verify",
    "recompiling",
    "confine",
    "prognosis",
    "doctor",
    "repair",
    "salvage",
    "report",
    "rebuild",
    "scanning",
    "testing",
    "cli",
}
FUNCTION_LINES, FILE_LINES = 60, 300
EVERYTHING = [*SOURCES, *CHECK_SOURCES]
# What the user imports to load a repaired file: it runs in the user's own Keras, and only `verify`'s child imports it here.
RUNS_WITH_THE_USER = {"hub"}
COMPILER = "kdoctor/recompiling/child.py"
RUNNERS = {"keras", "tensorflow", "tf_keras", "jax", "torch", "marshal", "pickle", "dill"}


def parsed(source: Path) -> ast.AST:
    return ast.parse(source.read_text("utf-8"))


def lines(source: Path) -> int:
    return len(source.read_text("utf-8").splitlines())


def imports(source: Path) -> Iterator[str]:
    """Every module that a source imports, wherever in it, by its full name; what only the type checker imports does not count."""
    package = ".".join(("kdoctor", *source.relative_to(PACKAGE).parent.parts)) if PACKAGE in source.parents else "kdoctor.checks"
    for node in walk(parsed(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = importlib.util.resolve_name("." * node.level + (node.module or ""), package) if node.level else str(node.module)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node of a tree, without what stands under ``if TYPE_CHECKING``."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            yield from walk(child)


def layer_of(module: str) -> str | None:
    """The row's entry that a module of kdoctor belongs to; None for anyone else's."""
    root, _, rest = module.partition(".")
    return rest.split(".")[0] if root == "kdoctor" else None


def own_layer(source: Path) -> str:
    return source.relative_to(PACKAGE).parts[0].removesuffix(".py")


def named(source: Path) -> str:
    return str(source.relative_to(PACKAGE.parent))


def offences(sources: Iterable[Path], look: Callable[[Path], Iterable[object]]) -> dict[str, list[object]]:
    """What is wrong in which source, for a message that names them all."""
    found = {named(source): sorted(look(source), key=str) for source in sources}
    return {source: wrong for source, wrong in found.items() if wrong}


def called(source: Path) -> set[str]:
    """The names of the functions that a source calls; those of ``ast.literal_eval`` and ``re.compile`` are none of ours."""
    functions = [node.func for node in walk(parsed(source)) if isinstance(node, ast.Call)]
    bare = {function.id for function in functions if isinstance(function, ast.Name)}
    return bare | {function.attr for function in functions if isinstance(function, ast.Attribute)} - {"compile"}


def long_functions(source: Path) -> set[str]:
    functions = (node for node in walk(parsed(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return {node.name for node in functions if node.end_lineno is not None and node.end_lineno - node.lineno >= FUNCTION_LINES}


def test_every_module_has_its_row() -> None:
    """A new one gets a row in LAYERS: right below the lowest that it imports from."""
    assert {own_layer(source) for source in SOURCES} - {name for row in LAYERS for name in row} <= {"__init__"}


def test_each_layer_imports_only_from_those_above_it() -> None:
    rank = {name: row for row, names in enumerate(LAYERS) for name in names}

    def not_above(source: Path) -> set[str]:
        own = own_layer(source)
        used = {layer for module in imports(source) if (layer := layer_of(module)) is not None} - {own}
        return {layer for layer in used if rank[layer] >= rank[own]}

    assert offences((source for source in SOURCES if own_layer(source) != "__init__"), not_above) == {}


def test_the_package_itself_imports_nothing_when_it_is_imported() -> None:
    tree = parsed(PACKAGE / "__init__.py")
    assert isinstance(tree, ast.Module)
    found = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert {node.module for node in found if isinstance(node, ast.ImportFrom)} == {"__future__", "typing"}
    assert all(isinstance(node, ast.ImportFrom) for node in found)


def test_a_check_knows_documents_and_keras_and_nothing_that_finds_reads_runs_or_prints() -> None:
    def beyond(source: Path) -> set[str]:
        return {layer for module in imports(source) if (layer := layer_of(module)) is not None} & NOT_FOR_CHECKS

    assert offences(CHECK_SOURCES, beyond) == {}


def test_a_check_shares_words_with_others_but_imports_none_of_them() -> None:
    def others(source: Path) -> set[str]:
        return {module for module in imports(source) if layer_of(module) == "checks" and not module.startswith("kdoctor.checks._")}

    assert offences(CHECK_SOURCES, others) == {}


def test_nobody_imports_a_check_by_name() -> None:
    assert offences(SOURCES, lambda source: {module for module in imports(source) if layer_of(module) == "checks"}) == {}


def test_what_runs_keras_is_imported_by_the_child_process_alone() -> None:
    inside = ("kdoctor.verify.child", "kdoctor.verify.trial", "kdoctor.builder.child")
    assert set(offences(SOURCES, lambda source: {module for module in imports(source) if module.startswith(inside)})) <= {
        "kdoctor/verify/child.py"
    }


def test_nothing_imports_what_would_run_a_model() -> None:
    """kdoctor.hub is what the user's own program imports, and a child process writes marshal; nothing else here does."""
    found = offences(EVERYTHING, lambda source: {module for module in imports(source) if module.split(".")[0] in RUNNERS})
    assert set(found) == {"kdoctor/hub/layer.py", COMPILER}
    assert found[COMPILER] == ["marshal"]
    assert found["kdoctor/hub/layer.py"] == ["keras", "tensorflow", "tensorflow.python.util.tf_inspect"]


def test_nothing_of_kdoctor_imports_what_the_users_program_does() -> None:
    def users(source: Path) -> set[str]:
        return {module for module in imports(source) if layer_of(module) in RUNS_WITH_THE_USER and own_layer(source) != layer_of(module)}

    assert offences(SOURCES, users) == {}
    assert offences(CHECK_SOURCES, lambda source: {module for module in imports(source) if layer_of(module) in RUNS_WITH_THE_USER}) == {}


def test_packs_commands_and_the_child_process_alone_are_imported_by_name() -> None:
    users = offences(EVERYTHING, lambda source: called(source) & {"import_module"})
    assert set(users) == {
        "kdoctor/packs.py",
        "kdoctor/cli/app.py",
        "kdoctor/verify/child.py",
        "kdoctor/verify/trial.py",
        "kdoctor/builder/child.py",
    }


def test_no_byte_of_a_model_can_be_run() -> None:
    """A child process compiles the source that is recovered of a model, and calls nothing that comes of it."""
    running = {"eval", "exec", "compile", "__import__", "loads", "load", "FunctionType"}
    found = offences([PACKAGE.parent / COMPILER], lambda source: called(source) & running)
    assert found == {COMPILER: ["compile", "loads"]}  # json.loads
    others = [source for source in EVERYTHING if named(source) != COMPILER]
    assert offences(others, lambda source: called(source) & {"eval", "exec", "compile", "__import__"}) == {}


def test_what_compiles_is_imported_by_nobody() -> None:
    assert offences(SOURCES, lambda source: {module for module in imports(source) if module.startswith("kdoctor.recompiling.child")}) == {}


def test_files_are_short() -> None:
    assert offences(EVERYTHING, lambda source: [] if lines(source) <= FILE_LINES else [lines(source)]) == {}


def test_functions_are_short() -> None:
    assert offences(EVERYTHING, long_functions) == {}


def swallows_everything(handler: ast.ExceptHandler) -> bool:
    """``except:`` and ``except Exception`` that do not end by raising what they caught."""
    broad = handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException"))
    last = handler.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_everything_is_caught_in_one_place_of_each_process_only() -> None:
    """Around a check or reader in the engine, and around Keras in the child process."""

    def swallows(source: Path) -> list[int]:
        handlers = (node for node in walk(parsed(source)) if isinstance(node, ast.ExceptHandler))
        return [handler.lineno for handler in handlers if swallows_everything(handler)]

    assert set(offences(EVERYTHING, swallows)) == {"kdoctor/engine.py", "kdoctor/verify/answer.py"}


def imported_by(*code: str) -> set[str]:
    """The modules that a fresh Python has imported when it has run this."""
    lines = [*code, "import sys", "print(*sys.modules)"]
    done = subprocess.run([sys.executable, "-W", "error", "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_starting_the_command_line_imports_nothing_that_is_dear() -> None:
    assert imported_by("import kdoctor.cli.app") & {"h5py", "numpy", "pyfive", "keras", "tensorflow", "pebble", "multiprocessing"} == set()


def test_importing_the_package_imports_nothing_else() -> None:
    assert {name for name in imported_by("import kdoctor") if name.startswith("kdoctor")} == {"kdoctor"}
