"""Calls within the code of a layer: functions of the table, Python's own, functions written there, captured layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kdoctor.bytecode import expression as tree
from kdoctor.translate.arrays import FUNCTIONS, array_method, numpy_function
from kdoctor.translate.names import NUMBER_FUNCTIONS, Module
from kdoctor.translate.python_values import BUILTINS, MOST_ITEMS, is_symbolic, items_of, number_function
from kdoctor.translate.stored_values import StoredLayer
from kdoctor.translate.table import call, row_of
from kdoctor.translate.values import Dim, ShapeOf, Tensor, Untranslatable, Value, shape_of, tree_size

if TYPE_CHECKING:
    from kdoctor.translate.interpret import Interpreter

DEEPEST = 20
# Layers without variables that do the same in training, and compute what their config says.
WEIGHTLESS: Final = frozenset(
    """
    Activation ReLU LeakyReLU ELU Softmax Flatten Reshape Permute RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D
    ZeroPadding3D UpSampling1D UpSampling2D UpSampling3D MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D
    AveragePooling3D GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
    GlobalMaxPooling3D Rescaling UnitNormalization
    """.split()  # noqa: SIM905 (a table of names)
)


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
        return _layer(interpreter, function, args, kwargs)
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
        return _new_layer(name, args, kwargs)
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


def _new_layer(name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> StoredLayer:
    """A layer made in the code: the first argument of those that are used so has a known name."""
    first = {"Activation": "activation", "Reshape": "target_shape", "Permute": "dims", "RepeatVector": "n", "Rescaling": "scale"}
    config = dict(kwargs)
    if args and name in first and len(args) == 1:
        config[first[name]] = args[0]
    elif args:
        raise Untranslatable(f"keras.layers.{name} with arguments by position")
    return StoredLayer(name, config)


def _layer(interpreter: Interpreter, layer: StoredLayer, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    if layer.class_name not in WEIGHTLESS:
        raise Untranslatable(f"a layer of the class {layer.class_name}, whose weights are not in the function")
    if len(args) != 1 or kwargs or not isinstance(args[0], Tensor):
        raise Untranslatable("a layer that is called with more than a tensor")
    config = {key: value for key, value in layer.config.items() if key not in ("name", "trainable", "dtype", "batch_input_shape")}
    if any(isinstance(value, (Dim, Tensor, Module)) for value in config.values()):
        raise Untranslatable("a layer that is made of what is known only when the model runs")
    activation = config.get("activation")
    if layer.class_name == "Activation" and (not isinstance(activation, str) or activation == "hard_sigmoid"):
        raise Untranslatable("an activation that is not stored by its name")
    return interpreter.graph.layer(layer.class_name, args[0], **config)
