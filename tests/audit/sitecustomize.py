"""Python imports this before anything else when its folder is on PYTHONPATH: from then on, what should never happen is written down.

KDOCTOR_AUDIT names the file for it, KDOCTOR_AUDIT_ROOMS the folders in which files may be opened, besides Python's own and kdoctor's.
An import runs code, of course: `exec`, `compile` and `marshal.loads` are let pass while the importer is at work on a module from a folder
of Python's or kdoctor's, and source that is only parsed (`ast.parse`) is not run.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
import sysconfig
import tempfile
import typing
from typing import Any

LOG = os.open(os.environ["KDOCTOR_AUDIT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
ROOMS = os.environ["KDOCTOR_AUDIT_ROOMS"].split(os.pathsep)
KDOCTOR = os.path.dirname(str(importlib.util.find_spec("kdoctor").origin))  # type: ignore[union-attr]
OWN = [
    *sysconfig.get_paths().values(),
    *sys.path[1:],
    sys.prefix,
    sys.base_prefix,
    KDOCTOR,
    os.path.join(os.path.dirname(KDOCTOR), "checks"),
]
TRUSTED = tuple(os.path.realpath(folder) for folder in OWN if folder and os.path.dirname(__file__) != folder)
MAY_OPEN = (*TRUSTED, *(os.path.realpath(room) for room in (*ROOMS, tempfile.gettempdir())), os.devnull, "/proc", "/sys")
ANNOTATIONS = (inspect.__file__, typing.__file__)
RUNS = ("exec", "compile", "marshal.loads", "marshal.load")
NEVER = (
    "os.system",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "socket.",
    "ctypes.",
    "pickle.find_class",
    "urllib.Request",
    "webbrowser.",
    "ftplib.",
)


def note(event: str, arguments: object) -> None:
    os.write(LOG, f"{event} {arguments!r:.300}\n".encode("utf-8", "replace"))


def honest(arguments: tuple[Any, ...]) -> bool:
    """Whether what runs is an import, an annotation of a command's function, which typer asks `inspect` to read, or kdoctor's main module."""
    frame = sys._getframe(1).f_back
    if frame is None:  # the interpreter starts its main module
        return True
    if frame.f_code.co_filename in ANNOTATIONS:
        return True
    if frame.f_globals.get("__name__") == "runpy" and getattr(arguments[0], "co_filename", "").startswith(KDOCTOR):
        return True
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        if frame.f_code.co_name == "get_code" and str(frame.f_locals.get("source_path")).startswith(KDOCTOR):
            return True  # runpy asks for the main module, which an earlier run may have left compiled
        frame = frame.f_back  # type: ignore[assignment]
    return False


def within(path: object, folders: tuple[str, ...]) -> bool:
    return os.path.realpath(os.fsdecode(path)).startswith(folders)  # type: ignore[arg-type]


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in RUNS:
        only_parsed = event == "compile" and arguments[1] in ("<unknown>", b"<unknown>")
        from_file = getattr(arguments[0], "co_filename", "<")
        if (not honest(arguments) and not only_parsed) or (not from_file.startswith("<") and not within(from_file, TRUSTED)):
            note(event, arguments)
    elif event == "import":
        if any(os.path.exists(os.path.join(room, f"{arguments[0].split('.')[0]}.py")) for room in ROOMS):
            note(event, arguments)
    elif event == "open":
        if isinstance(arguments[0], (str, bytes)) and not within(arguments[0], MAY_OPEN):
            note(event, arguments)
    elif event == "subprocess.Popen":
        command = [str(word) for word in arguments[1]]
        ours = command[0] == sys.executable and any(word.startswith("kdoctor.") for word in command)
        if not ours and not honest(arguments):  # NumPy asks `uname` when it is imported
            note(event, arguments)
    elif event.startswith(NEVER) and not honest(arguments):
        note(event, arguments)


sys.addaudithook(hook)
