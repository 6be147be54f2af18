"""The command line: one module per command; each parses, calls, prints and exits."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading

from kdoctor.errors import KdoctorError, ReadError, WriteError
from kdoctor.report.printable import printable

EXIT_FINDINGS, EXIT_USAGE, EXIT_UNKNOWN = 1, 2, 3
EXIT_UNWRITTEN = 120


def main() -> None:
    """Run the command line; the one place where a `KdoctorError` becomes a sentence and an exit code."""
    gc.set_threshold(1_000_000, 20, 100)  # a command is over at once: looking for cycles in what it imports took a tenth of its time
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy, where it is needed, starts a thread per core for algebra that is not
    from kdoctor.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows ? instead of a traceback
    try:
        app(prog_name="kdoctor")
    except KdoctorError as error:
        print(f"kdoctor: {printable(str(error), lines=True)}", file=sys.stderr)
        sys.exit(_exit_code(error))
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FINDINGS)
    except OSError as error:  # what no command expects: no room for work files, a file that went away meanwhile
        about = "" if error.filename is None else f"{error.filename!s}: "
        print(f"kdoctor: {printable(about + (error.strerror or str(error)), lines=True)}", file=sys.stderr)
        sys.exit(EXIT_UNKNOWN)
    finally:
        gc.freeze()  # nor does the interpreter need to look when it ends


def run() -> None:
    """What the installed command calls: `main`, and an end that does not take apart, object by object, what it had in memory.

    That took a twentieth of a look at a large model. Whoever asked to be called at the end is; and while a thread works, Python ends as ever.
    """
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    if not isinstance(code, int) or threading.active_count() > 1:
        sys.exit(code)  # type: ignore[arg-type]
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # as Python ends where the last words cannot be written
        code = EXIT_UNWRITTEN
    os._exit(code)


def _exit_code(error: KdoctorError) -> int:
    if isinstance(error, WriteError):
        return EXIT_FINDINGS
    return EXIT_UNKNOWN if isinstance(error, ReadError) else EXIT_USAGE
