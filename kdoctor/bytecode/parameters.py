"""The parameters of a function, as its `def` line lists them."""

from __future__ import annotations

from kdoctor.bytecode.code import TAKES_KEYWORD_REST, TAKES_POSITIONAL_REST
from kdoctor.bytecode.expression import Parameter
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.stack_values import Closure


def parameters_of(closure: Closure) -> tuple[Parameter, ...]:
    """Names, prefixes and defaults, with the bare `/` and `*` where the call needs them."""
    code = closure.code
    names = iter(code.varnames)
    if any(name.startswith(".") for name in code.varnames):
        raise Untraceable("an argument without a name")
    if len(closure.defaults) > code.argcount:
        raise Untraceable("more defaults than arguments")
    first_default = code.argcount - len(closure.defaults)
    parameters = []
    for index in range(code.argcount):
        default = closure.defaults[index - first_default] if index >= first_default else None
        parameters.append(Parameter(next(names), "", default))
        if index + 1 == code.posonlyargcount:
            parameters.append(Parameter("", "/"))
    keyword_defaults = dict(closure.keyword_defaults)
    keyword_only = [Parameter(name, "", keyword_defaults.get(name)) for name in (next(names) for _ in range(code.kwonlyargcount))]
    if code.flags & TAKES_POSITIONAL_REST:
        parameters.append(Parameter(next(names), "*"))
    elif keyword_only:
        parameters.append(Parameter("", "*"))
    parameters.extend(keyword_only)
    if code.flags & TAKES_KEYWORD_REST:
        parameters.append(Parameter(next(names), "**"))
    return tuple(parameters)
