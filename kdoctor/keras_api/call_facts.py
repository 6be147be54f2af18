"""What calling a layer takes, told from the source of its ``call``."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from kdoctor.keras_api.api_object import Json, NoDefault
from kdoctor.keras_api.constructor import own_parameters
from kdoctor.keras_api.hierarchy import Hierarchy, Key

ROOTS = frozenset({"Layer", "Operation"})  # whose own `call` takes anything, or is called only where a class has none
CALL, SPEC = "call", "compute_output_spec"


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The parameters of a ``call``, in order, with their defaults; the first ``positional`` of them may be given by position."""

    parameters: dict[str, Json | NoDefault]
    positional: int


def call_facts(hierarchy: Hierarchy, key: Key, operation: bool = False) -> CallFacts | None:
    """What calling an instance of the class takes; None where that is anything, or the source does not tell.

    A layer's call is bound to the signature of its ``call`` (keras/src/layers/layer.py, CallSpec), or handed to it (Keras 2); an
    operation's to its ``compute_output_spec``, which infers the output. What a ``__call__`` of the class's own takes beside that
    (``initial_state`` of the recurrent layers of Keras 2) is taken, too.
    """
    order = [base for base in hierarchy.order(key) if base[1] not in ROOTS]
    if any(_sets_call(hierarchy, base) for base in order):
        return None
    methods = (SPEC, CALL) if operation else (CALL,)
    found = next((node for method in methods for base in order if (node := hierarchy.method(base, method))), None)
    if found is None or found.args.kwarg is not None or found.args.vararg is not None:
        return None
    parameters = own_parameters(found.args, skip=1)
    positional = len(found.args.posonlyargs) + len(found.args.args) - 1
    for base in order:
        own = hierarchy.method(base, "__call__")
        if own is not None:
            parameters |= {name: default for name, default in own_parameters(own.args, skip=1).items() if name not in parameters}
    return CallFacts(parameters, positional)


def _sets_call(hierarchy: Hierarchy, key: Key) -> bool:
    """Whether the class makes its ``call`` when it is made itself (``self.call = …``), or takes it from elsewhere (``call = …``)."""
    node = hierarchy.class_node(key)
    for statement in ast.walk(node) if node else ():
        if isinstance(statement, ast.Assign) and any(ast.unparse(target) in ("self.call", CALL) for target in statement.targets):
            return True
    return False
