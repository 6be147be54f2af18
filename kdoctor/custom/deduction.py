"""Arguments of a custom class that the stored weights leave one value for, by what its source does with them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kdoctor.custom.custom_objects import Match, stored_arrays
from kdoctor.document import Document, Json, Weight
from kdoctor.user_code.definition import BASE_ARGUMENTS, Argument
from kdoctor.user_code.sublayers import Made


def deduced(match: Match, document: Document) -> dict[str, Json]:
    """From the arrays that ``build`` adds, or else those of the layers that the constructor makes; nothing where two of them disagree."""
    arrays = stored_arrays(document, match.node)
    by_build = match.definition.shapes is not None and len(match.definition.shapes) > 0
    pairs = (
        _of_build(match, [array for _, array in arrays]) if by_build else _of_layers(match.definition.made, arrays, document.format.native)
    )
    found: dict[str, set[int]] = {}
    for name, length in pairs:
        found.setdefault(name, set()).add(length)
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def unproven(match: Match, document: Document) -> tuple[Argument, ...]:
    """The arguments of a subclassed model that stand in a file of Keras 3 as their defaults, whatever the model was made with.

    ``Model.__new__`` hands no arguments on to ``Operation.__new__``, which records them for ``get_config``: until 3.9 it records nothing,
    later the defaults (keras/src/models/model.py and keras/src/ops/operation.py, 3.0.5 to 3.15.1).
    """
    definition, saved_by = match.definition, document.saved_by().keras or ""
    if (
        not definition.a_model
        or definition.stated
        or definition.made_otherwise
        or match.put_together
        or saved_by.split(".")[0] in ("", "0", "1", "2")
    ):
        return ()
    given = match.node.config
    return tuple(
        one
        for one in definition.arguments or ()
        if not one.required and one.name not in BASE_ARGUMENTS and (one.name not in given or may_be(one, given[one.name]))
    )


def may_be(argument: Argument, value: Json) -> bool:
    """Whether a stored value may be an argument's default: so is any, where the source does not write the default out."""
    try:
        return bool(ast.literal_eval(argument.default or "") == value) or isinstance(value, (list, dict))
    except (ValueError, SyntaxError):
        return True


def _of_build(match: Match, arrays: list[Weight]) -> Iterator[tuple[str, int]]:
    shapes = match.definition.shapes
    if not shapes or len(shapes) != len(arrays) or any(len(shape) != len(one.shape) for shape, one in zip(shapes, arrays, strict=True)):
        return
    axes = [(length, is_) for shape, one in zip(shapes, arrays, strict=True) for length, is_ in zip(shape, one.shape, strict=True)]
    if all(length == is_ for length, is_ in axes if isinstance(length, int)):  # else another layer than this source's
        yield from ((length, is_) for length, is_ in axes if isinstance(length, str))


def _of_layers(made: Made, arrays: list[tuple[str, Weight]], native: bool) -> Iterator[tuple[str, int]]:
    """An archive names a layer's folder by its attribute; an ``.h5`` has the layers in the order in which they were made."""
    folders: dict[str, list[Weight]] = {}
    for path, array in arrays:
        folders.setdefault(path.rpartition("/")[0], []).append(array)
    in_order = list(folders.values()) if made.complete and len(folders) == len(made.layers) else []
    for index, layer in enumerate(made.layers):
        ends = f"/{layer.attribute}/{'cell/' if layer.recurrent else ''}vars"
        held = [one for path, one in folders.items() if f"/{path}".endswith(ends)] if native else in_order[index : index + 1]
        shape = held[0][0].shape if len(held) == 1 else ()
        for name, (axis, gates) in layer.lengths:
            if -len(shape) <= axis < len(shape) and shape[axis] % gates == 0:
                yield name, shape[axis] // gates
