"""Names by which Python code leaves the model: what each of them reaches. Facts, gathered by hand from Python's, NumPy's and TensorFlow's docs."""

from __future__ import annotations

CODE, PROGRAMS, FILES, NETWORK, IMPORTS, PICKLES = "runs code", "runs programs", "files", "the network", "imports modules", "unpickles"
MACHINE, INSIDES, HIDES, GRAPH = "the machine", "Python's insides", "hides what it calls", "runs Python from within the graph"

# Python's own functions, as global names. `input`, `file` and `dir` are missing: scripts use them as names of their own.
BUILTINS = {
    **dict.fromkeys(("eval", "exec", "compile", "execfile", "breakpoint"), CODE),
    **dict.fromkeys(("__import__", "reload", "__loader__", "__spec__"), IMPORTS),
    "open": FILES,
    **dict.fromkeys(("globals", "locals", "vars", "setattr", "delattr", "__builtins__", "__builtin__"), INSIDES),
    **dict.fromkeys(("attrgetter", "methodcaller"), HIDES),
}
# Modules, as global names that something is read from, as attributes of whatever imported them, and in import statements.
MODULES = {
    **dict.fromkeys(("os", "sys", "posix", "ctypes", "cffi", "winreg", "fcntl", "mmap", "multiprocessing"), MACHINE),
    **dict.fromkeys(("subprocess", "popen2", "runpy", "webbrowser"), PROGRAMS),
    **dict.fromkeys(("shutil", "pathlib", "tempfile", "zipfile", "tarfile", "sqlite3", "gfile", "file_io"), FILES),
    **dict.fromkeys(
        ("socket", "requests", "urllib", "urllib2", "urllib3", "httplib", "ftplib", "smtplib", "telnetlib", "paramiko"), NETWORK
    ),
    **dict.fromkeys(("importlib", "pkgutil", "builtins", "__builtin__"), IMPORTS),
    **dict.fromkeys(("pickle", "cPickle", "_pickle", "marshal", "dill", "cloudpickle", "joblib", "shelve"), PICKLES),
    "inspect": INSIDES,
    **dict.fromkeys(("base64", "codecs", "binascii", "zlib", "bz2", "lzma"), HIDES),
}
# Modules whose names mean other things too where they are not imported: tf.io, a variable called code.
IMPORTED_MODULES = {
    **MODULES,
    **dict.fromkeys(("signal", "threading", "resource", "platform", "asyncio", "nt", "pwd"), MACHINE),
    **dict.fromkeys(("code", "codeop"), CODE),
    **dict.fromkeys(("pty", "commands"), PROGRAMS),
    "imp": IMPORTS,
    **dict.fromkeys(("io", "glob", "gzip"), FILES),
    **dict.fromkeys(("http", "ssl", "select", "socketserver", "xmlrpc"), NETWORK),
    **dict.fromkeys(("types", "gc", "__main__"), INSIDES),
    "operator.attrgetter": HIDES,
    "operator.methodcaller": HIDES,
}
# Attributes that no tensor and no part of a model has, whatever they are read from.
ATTRIBUTES = {
    **dict.fromkeys(("system", "popen", "Popen", "check_output", "check_call", "getoutput", "getstatusoutput", "startfile"), PROGRAMS),
    **dict.fromkeys(("execl", "execle", "execlp", "execv", "execve", "execvp", "execvpe", "posix_spawn", "fork", "forkpty"), PROGRAMS),
    **dict.fromkeys(("spawnl", "spawnle", "spawnlp", "spawnv", "spawnve", "spawnvp", "run_path", "run_module"), PROGRAMS),
    **dict.fromkeys(("environ", "getenv", "putenv", "kill", "killpg", "CDLL", "cdll", "WinDLL", "PyDLL", "ctypeslib"), MACHINE),
    **dict.fromkeys(("load_op_library", "load_library", "load_file_system_library"), MACHINE),
    **dict.fromkeys(("open", "unlink", "rmtree", "rmdir", "removedirs", "makedirs", "mkdir", "listdir", "scandir", "chmod"), FILES),
    **dict.fromkeys(("read_text", "write_text", "read_bytes", "write_bytes", "NamedTemporaryFile", "ZipFile"), FILES),
    **dict.fromkeys(("read_file", "write_file", "matching_files", "GFile", "FastGFile", "ReadFile", "WriteFile", "WholeFileReader"), FILES),
    **dict.fromkeys(("TFRecordDataset", "TextLineDataset", "FixedLengthRecordDataset", "TFRecordWriter", "list_files"), FILES),
    **dict.fromkeys(("fromfile", "tofile", "memmap", "loadtxt", "savetxt", "genfromtxt", "savez", "savez_compressed", "imread"), FILES),
    **dict.fromkeys(("load_model", "save_model", "load_weights", "save_weights", "saved_model", "save_img", "load_img"), FILES),
    **dict.fromkeys(("load", "save", "create_file_writer", "DataSource"), FILES),
    **dict.fromkeys(("get_file", "urlopen", "urlretrieve", "create_connection", "gethostbyname"), NETWORK),
    **dict.fromkeys(("import_module", "__import__", "__loader__", "load_module"), IMPORTS),
    **dict.fromkeys(("loads", "Unpickler", "enable_unsafe_deserialization", "func_load"), PICKLES),
    **dict.fromkeys(("py_function", "py_func", "numpy_function", "eager_py_func", "PyFunc", "EagerPyFunc", "PyFuncStateless"), GRAPH),
    **dict.fromkeys(("__subclasses__", "__bases__", "__base__", "__mro__", "__globals__", "__builtins__", "__code__"), INSIDES),
    **dict.fromkeys(("__closure__", "__getattribute__", "__reduce__", "__reduce_ex__", "__self__", "__func__", "__dict__"), INSIDES),
    **dict.fromkeys(("func_globals", "func_code", "f_globals", "f_locals", "f_builtins", "f_back", "gi_frame", "gi_code"), INSIDES),
    **dict.fromkeys(("cr_frame", "tb_frame", "tb_next", "_getframe", "FunctionType", "CodeType", "get_objects"), INSIDES),
    **dict.fromkeys(
        ("b64decode", "b32decode", "b16decode", "b85decode", "a85decode", "unhexlify", "fromhex", "attrgetter", "methodcaller"), HIDES
    ),
}
# What is harmless of a module that otherwise is not.
HARMLESS = frozenset({"sys.maxsize", "sys.maxint", "sys.float_info", "sys.version_info"})
