"""The command line: one module per command; each parses, calls, prints and exits."""

from __future__ import annotations

import gc
import os
import sys

from kdoctor.errors import KdoctorError, ReadError, WriteError
from kdoctor.report.printable import printable

EXIT_FINDINGS, EXIT_USAGE, EXIT_UNKNOWN = 1, 2, 3


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


def _exit_code(error: KdoctorError) -> int:
    if isinstance(error, WriteError):
        return EXIT_FINDINGS
    return EXIT_UNKNOWN if isinstance(error, ReadError) else EXIT_USAGE
