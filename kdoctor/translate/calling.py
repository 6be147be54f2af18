"""Calls within the code of a layer: functions of the table, Python's own, functions written there, captured layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kdoctor.bytecode import expression as tree
from kdoctor.translate.arrays import FUNCTIONS, array_method, numpy_function
from kdoctor.translate.names import NUMBER_FUNCTIONS, Module, imported
from kdoctor.translate.new_layers import called_layer, made_layer
from kdoctor.translate.python_values import BUILTINS, MOST_ITEMS, is_symbolic, items_of, number_function, truth
from kdoctor.translate.stored_values import StoredLayer
from kdoctor.translate.table import call, row_of
from kdoctor.translate.values import ShapeOf, Tensor, Untranslatable, Value, shape_of, tree_size

if TYPE_CHECKING:
    from kdoctor.translate.interpret import Interpreter

DEEPEST = 20
FOLLOWED: Final = frozenset({"sum", "abs", "pow", "isinstance", "map", "any", "all", "dict", "str"})


@dataclass(frozen=True, slots=True)
class Function:
    """A function written within the code, with the variables around it."""

    function: tree.Function
    names: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a value that is no tensor, or of a shape."""

    owner: Value
    name: str


@dataclass(frozen=True, slots=True)
class Bound:
    """An argument that Keras supplies when the model runs, and why it cannot be told now."""

    why: str


def called_value(interpreter: Interpreter, function: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """The result of a call. Raises `Untranslatable` for whatever is not known."""
    if isinstance(function, Module):
        return _of_module(interpreter, function.name, args, kwargs)
    if isinstance(function, Function):
        return _written(interpreter, function, args, kwargs)
    if isinstance(function, Method):
        if hasattr(function.owner, "dtype") and not isinstance(function.owner, Tensor):
            return array_method(function.owner, function.name, args, kwargs)
        return _method(function, args)
    if isinstance(function, StoredLayer):
        return called_layer(interpreter.graph, function, args, kwargs)
    if isinstance(function, str) and "." in function and (named := imported(function)) is not None:
        return _of_module(interpreter, named.name, args, kwargs)
    if isinstance(function, str) and function in ("relu", "tanh", "sigmoid", "softplus", "softsign", "elu", "selu", "softmax"):
        return call(interpreter.graph, f"activations.{function}", args, kwargs)
    raise Untranslatable(f"a call of a {type(function).__name__.lower()}")


def _of_module(interpreter: Interpreter, path: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    home, _, name = path.rpartition(".")
    if home == "builtins":
        return _builtin(interpreter, name, args, kwargs)
    if home == "math" or (home == "np" and name in NUMBER_FUNCTIONS and (_is_number(args) or name == "prod")):
        return number_function(path, args)
    if home == "np" and any(isinstance(arg, Tensor) for arg in args):
        raise Untranslatable(f"{path} of a tensor, which numpy cannot take")
    if home == "np" and name in FUNCTIONS and row_of(path) is None:
        return numpy_function(name, args, kwargs)
    if home == "layers":
        return made_layer(interpreter.graph, name, args, kwargs)
    if path in ("K.floatx", "keras.config.floatx"):
        return "float32"
    if path in ("K.epsilon", "keras.config.epsilon"):
        return 1e-7
    if path in ("K.image_data_format", "keras.config.image_data_format"):
        return "channels_last"
    if home == "K" and row_of(path) is None and row_of(f"ops.{name}") is not None:
        path = f"ops.{name}"
    return call(interpreter.graph, path, args, kwargs)


def _is_number(args: tuple[Value, ...]) -> bool:
    return bool(args) and all(isinstance(arg, (int, float)) for arg in args)


def _builtin(interpreter: Interpreter, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    if name in ("isinstance", "map", "any", "all", "dict", "str"):
        return _followed_builtin(interpreter, name, args, kwargs)
    if name == "sum":
        items = items_of(args[0])
        total = args[1] if len(args) > 1 else items.pop(0) if items else 0
        for item in items:
            total = interpreter.binary("+", total, item)
        return total
    if name == "abs":
        return call(interpreter.graph, "op.abs", args, {}) if is_symbolic(args[0]) else abs(BUILTINS["float"](args[0]))
    if name == "pow":
        return interpreter.binary("**", *args)
    if name == "len" and isinstance(args[0], Tensor):
        return shape_of(args[0]).lengths[0]
    if any(isinstance(arg, Tensor) for arg in args) and name not in ("list", "tuple", "zip", "enumerate", "slice"):
        raise Untranslatable(f"{name}() of a tensor")
    try:
        return BUILTINS[name](*args, **kwargs)
    except (TypeError, ValueError, LookupError, ArithmeticError) as error:
        raise Untranslatable(f"{name}(): {error}") from None


def _followed_builtin(interpreter: Interpreter, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """Those that call a function, or ask what a value is."""
    if name == "dict" and not args:
        return dict(kwargs)
    if name == "map" and len(args) > 1 and not kwargs:
        return [called_value(interpreter, args[0], row, {}) for row in zip(*map(items_of, args[1:]), strict=False)]
    if name in ("any", "all") and len(args) == 1 and not kwargs:
        return (any if name == "any" else all)(truth(item) for item in items_of(args[0]))
    if name == "isinstance" and len(args) == 2 and not kwargs:
        return _is_of(args[0], args[1], args[0] is interpreter.doubtful)
    raise Untranslatable(f"{name}() called so")


def _is_of(value: Value, kinds: Value, doubtful: bool) -> bool:
    """``isinstance(x, (list, tuple))``: several inputs come as a list."""
    paths = [kind.name if isinstance(kind, Module) else "" for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
    known = {f"builtins.{kind.__name__}": kind for kind in (list, tuple, dict, str, int, float, bool)}
    if not set(paths) <= known.keys() or not isinstance(value, (Tensor, list, tuple, dict, str, int, float, type(None))):
        raise Untranslatable("whether a value is of a class that is not Python's own")
    asked = {known[path] for path in paths} & {list, tuple}
    if doubtful and asked and (isinstance(value, Tensor) or len(asked) == 1):
        raise Untranslatable("whether its input came as a list or a tuple, which the file does not tell")
    return isinstance(value, tuple(known[path] for path in paths))


def _written(interpreter: Interpreter, made: Function, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    if interpreter.depth >= DEEPEST:
        raise Untranslatable("functions that call each other without end")
    names = dict(made.names)
    plain = [parameter for parameter in made.function.parameters if not parameter.prefix]
    if len(plain) != len(made.function.parameters) or len(args) > len(plain):
        raise Untranslatable("a function with arguments of another kind")
    for place, parameter in enumerate(plain):
        if place < len(args):
            names[parameter.name] = args[place]
        elif parameter.name in kwargs:
            names[parameter.name] = kwargs[parameter.name]
        elif parameter.default is not None:
            names[parameter.name] = interpreter.value(parameter.default, made.names)
        else:
            raise Untranslatable(f"a call without {parameter.name}")
    interpreter.depth += 1
    try:
        return interpreter.follow(made.function, names)
    finally:
        interpreter.depth -= 1


def _method(method: Method, args: tuple[Value, ...]) -> Value:
    owner = method.owner
    if isinstance(owner, list) and method.name in ("append", "extend", "insert"):
        return _grown(owner, method.name, args)
    if isinstance(owner, Tensor) and method.name == "get_shape":
        return shape_of(owner)
    if isinstance(owner, ShapeOf) and method.name == "as_list":
        return list(owner.lengths)
    if isinstance(owner, (list, tuple)) and method.name == "as_list":
        return list(owner)
    if isinstance(owner, dict) and method.name in ("get", "keys", "values", "items"):
        return (
            owner.get(*args) if method.name == "get" else [tuple(x) if isinstance(x, tuple) else x for x in getattr(owner, method.name)()]
        )
    raise Untranslatable(f"the method {method.name} of a {type(owner).__name__.lower()}")


def _grown(owner: list[Value], method: str, args: tuple[Value, ...]) -> None:
    added = items_of(*args) if method == "extend" else [args[-1]]
    if len(args) != (2 if method == "insert" else 1) or len(owner) + len(added) > MOST_ITEMS:
        raise Untranslatable("a list that grows without end")
    place = args[0] if method == "insert" else len(owner)
    if type(place) is not int:
        raise Untranslatable("a place in a list that is no number")
    owner[place:place] = added
    tree_size(owner)
