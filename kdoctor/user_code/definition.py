"""A class or function as its source tells it."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from kdoctor.user_code.building import Building
from kdoctor.user_code.sublayers import Made

# The arguments of keras.layers.Layer: of a class without a constructor of its own, Keras 3 saves all of them.
BASE_ARGUMENTS: Final = frozenset({"name", "trainable", "dtype", "activity_regularizer", "autocast"})
Lengths: TypeAlias = "tuple[int | str | None, ...]"  # of an array by axis: a number, the name of an argument, or None for anything else


class Argument(NamedTuple):
    """One argument of a constructor; ``default`` is its text, None where it has to be given."""

    name: str
    default: str | None = None

    @property
    def required(self) -> bool:
        return self.default is None


class Definition(NamedTuple):
    """A class or function.

    module: the name that it is imported from; file and line: where it stands; registered: the name that a decorator gives it, as
    ``package>name``; arguments: of its constructor, None where a base that is not in the source decides; takes_anything: it has
    ``**kwargs``, or may have them; stated: it, or a base of it in the source, says what its config holds; made_otherwise: its
    ``from_config`` is its own; above: the one base class that is not in the source, where it takes whatever the constructors do not name,
    and named is what they do; takes_a_graph: a model of the class is put together from its layers; a_model: it is a subclass of Model; made: the layers that its constructor makes;
    shapes: of the weights that its ``build`` adds, in order, where it adds them one after the other; building: what builds those layers; of_backend: what it reads of
    ``keras.backend``, as it writes it; tells_shape: it has a ``compute_output_shape``, or a base that is no plain layer and may have one; in_lists:
    attributes whose lists hold lists of layers, where it saves what it owns as Keras does; unwritten: what Keras calls of it does nothing but raise
    NotImplementedError; constructed: it, or a base of it in the source, has a constructor.
    """

    name: str
    is_class: bool
    module: str
    file: str
    line: int
    registered: str | None = None
    arguments: tuple[Argument, ...] | None = None
    takes_anything: bool = True
    stated: bool = True
    made_otherwise: bool = False
    shapes: tuple[Lengths, ...] | None = None
    above: str | None = None
    named: frozenset[str] = frozenset()
    takes_a_graph: bool = False
    a_model: bool = False
    made: Made = Made()
    building: Building = Building()
    of_backend: tuple[str, ...] = ()
    tells_shape: bool = True
    in_lists: tuple[str, ...] = ()
    unwritten: bool = False
    constructed: bool = False

    @property
    def name_in_file(self) -> str:
        """What Keras looks for: the registered name, or the plain one, which ``custom_objects`` has."""
        return self.registered or self.name

    def unexpected(self, given: frozenset[str]) -> tuple[str, ...]:
        """Of the arguments in a config, those that the constructor refuses."""
        if self.takes_anything or self.made_otherwise or self.arguments is None:
            return ()
        return tuple(sorted(given - {argument.name for argument in self.arguments}))

    def lacking(self, given: frozenset[str]) -> tuple[Argument, ...]:
        """The constructor's arguments that a config does not hold, those of the base class apart."""
        if self.made_otherwise or self.arguments is None:
            return ()
        return tuple(one for one in self.arguments if one.name not in given and one.name not in BASE_ARGUMENTS)
