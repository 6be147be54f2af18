"""What compiles recovered source: a script of its own for any Python 3, which imports nothing but Python's own modules and calls nothing that it compiles.

Standard input: a JSON list of sources, each a module with one function, which defines another one. Standard output: a JSON object with
the Python that this is, and the marshalled code of each inner function as base64, or null where the source is none.
"""

from __future__ import annotations

import base64
import json
import marshal
import sys
from types import CodeType


def main() -> None:
    bound_memory()
    codes = [compiled(source) for source in json.loads(sys.stdin.buffer.read().decode("utf-8"))]
    sys.stdout.write(json.dumps({"python": list(sys.version_info[:2]), "codes": codes}))


def bound_memory() -> None:
    """256 MiB for constants that the compiler folds; where the system knows such a bound."""
    try:
        import resource
    except ImportError:
        return
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (256 << 20, 256 << 20))
    except (ValueError, OSError):  # a stricter limit is there already
        pass


def compiled(source: str) -> str | None:
    try:
        module = compile(source, "<recovered>", "exec", 0, True, 0)
    except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError):
        return None
    around = innermost(module)
    function = None if around is None else innermost(around)
    return None if function is None else base64.b64encode(marshal.dumps(function)).decode("ascii")


def innermost(code: CodeType) -> CodeType | None:
    """The only code object among the constants; None where there are several, or none."""
    found = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return found[0] if len(found) == 1 else None


main()
