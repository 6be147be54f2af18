"""Functions that TensorFlow's build writes, one for each operation (``tensorflow/python/ops/gen_nn_ops.py``): ``Lambda(tf.nn.relu)`` stores one.

Their code tries one way after the other to have TensorFlow run the same operation, so it is known by what it calls: nothing but TensorFlow's
own machinery for that, and no arithmetic. Seen in TensorFlow 2.9 and 2.13 (python_op_gen.cc).
"""

from __future__ import annotations

import re

from kdoctor.bytecode.code import Code
from kdoctor.bytecode.expression import Attribute, Call, Constant, Expression, Function, Name, Parameter, Scope
from kdoctor.bytecode.instructions import Instruction

# Operations of one tensor without attributes, and TensorFlow's public name of each.
OPERATIONS = {
    "Relu": "nn.relu", "Relu6": "nn.relu6", "Elu": "nn.elu", "Selu": "nn.selu", "Softplus": "nn.softplus", "Softsign": "nn.softsign",
    "Tanh": "tanh", "Sigmoid": "sigmoid", "Exp": "exp", "Expm1": "expm1", "Log": "log", "Log1p": "log1p", "Sin": "sin", "Cos": "cos",
    "Tan": "tan", "Sinh": "sinh", "Cosh": "cosh", "Asin": "asin", "Acos": "acos", "Atan": "atan", "Sqrt": "sqrt", "Rsqrt": "rsqrt",
    "Square": "square", "Abs": "abs", "Neg": "negative", "Floor": "floor", "Reciprocal": "reciprocal", "LogicalNot": "logical_not",
}  # fmt: skip
NEEDED = frozenset(
    {"_context", "pywrap_tfe", "TFE_Py_FastPathExecute", "_op_def_library", "_apply_op_helper", "_execute", "record_gradient"}
)
MACHINERY = NEEDED | frozenset(
    [
        "context",
        "_thread_local_data",
        "is_eager",
        "_core",
        "_NotOkStatusException",
        "_ops",
        "raise_from_not_ok_status",
        "_FallbackException",
        "NotImplemented",
        "_SymbolicException",
        "TypeError",
        "ValueError",
        "_dispatch",
        "dispatch",
        "dict",
        "OpDispatcher",
        "NOT_SUPPORTED",
        "must_record_gradient",
        "_get_attr_type",
        "inputs",
        "get_attr",
        "_thread_local_data",
        "invocation_name",
        "op",
        "_tf_export",
    ]
)
OPERATION = re.compile(r"[A-Z][A-Za-z0-9]+")


def is_wrapper(code: Code) -> bool:
    """Whether it is what TensorFlow puts around most of its functions (traceback_utils.py): which one is in a closure, and no file keeps that."""
    return code.name == "error_handler" and "_process_traceback_frames" in code.names and "fn" in code.freevars


def generated_operation(code: Code, steps: tuple[Instruction, ...]) -> Function | None:
    """What such a function computes, as its public name says it; None for any other code."""
    own = {code.name, f"{code.name}_eager_fallback", f"_dispatcher_for_{code.name}"}
    named = [value for value in code.consts[1:] if isinstance(value, str) and OPERATION.fullmatch(value) and len(value) > 1]
    public = OPERATIONS.get(named[0]) if len(named) == 1 else None
    if public is None or code.argcount != 2 or code.varnames[1] != "name" or not NEEDED <= set(code.names) <= MACHINERY | own:
        return None
    if (public.rpartition(".")[2] != code.name and code.name not in ("neg", "inv")) or any(_computes(step) for step in steps):
        return None
    function: Expression = Name("tf", Scope.GLOBAL)
    for step in public.split("."):
        function = Attribute(function, step)
    tensor = code.varnames[0]
    parameters = (Parameter(tensor), Parameter("name", default=Constant(None)))
    return Function(code.name, parameters, (), Call(function, (Name(tensor, Scope.ARGUMENT),)))


def _computes(step: Instruction) -> bool:
    kind = step.name.split("_")[0]
    return kind in ("BINARY", "INPLACE", "UNARY") and step.name not in ("BINARY_SUBSCR", "BINARY_SLICE")
