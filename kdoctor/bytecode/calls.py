"""What calls and function definitions do to a stack of expressions; every Python calls in its own way."""

from __future__ import annotations

from kdoctor.bytecode.code import Release
from kdoctor.bytecode.displays import entries_of, list_to_tuple, spread
from kdoctor.bytecode.expression import Call, Constant, Display, Expression, Keyword, Mapping, Unary
from kdoctor.bytecode.frame import Frame, Operation, Stack, pop, pop_value
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.loads import from_constant
from kdoctor.bytecode.stack_values import Closure, Marker  # fmt: skip

INTRINSIC_UNARY_POSITIVE, INTRINSIC_LIST_TO_TUPLE = 5, 6
DEFAULTS, KEYWORD_DEFAULTS, ANNOTATIONS, CLOSURE = 1, 2, 4, 8
WITH_KEYWORDS: Release = (3, 6)


def call(stack: Stack, arguments: Stack, keywords: tuple[Keyword, ...] = ()) -> None:
    """Pop the callable and push its call."""
    stack.append(Call(pop_value(stack), tuple(arguments), keywords))


def _named(names: Expression, arguments: Stack) -> tuple[Stack, tuple[Keyword, ...]]:
    """Split arguments of which the last ones have names."""
    if not isinstance(names, Constant) or not isinstance(names.value, tuple):
        raise Untraceable("a call without the names of its keywords")
    return _split(tuple(map(str, names.value)), arguments)


def _split(names: tuple[str, ...], arguments: Stack) -> tuple[Stack, tuple[Keyword, ...]]:
    if len(names) > len(arguments):
        raise Untraceable("more keywords than arguments")
    count = len(arguments) - len(names)
    return arguments[:count], tuple(Keyword(name, value) for name, value in zip(names, arguments[count:], strict=True))


def call_function(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """CALL_FUNCTION and CALL_METHOD up to 3.10; before 3.6 keywords come as pairs."""
    keywords: tuple[Keyword, ...] = ()
    positional = instruction.argument
    if frame.release < WITH_KEYWORDS:
        positional, pairs = positional & 0xFF, pop(stack, 2 * (positional >> 8))
        keywords = tuple(_keyword(name, value) for name, value in zip(pairs[::2], pairs[1::2], strict=True))
    call(stack, pop(stack, positional), keywords)


def _keyword(name: Expression, value: Expression) -> Keyword:
    if not isinstance(name, Constant) or not isinstance(name.value, (str, bytes)):
        raise Untraceable("a keyword without a name")
    return Keyword(name.value if isinstance(name.value, str) else name.value.decode("utf-8", "replace"), value)


def call_function_keywords(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """CALL_FUNCTION_KW of 3.6 to 3.10: the names are a constant on top."""
    names = pop_value(stack)
    arguments, keywords = _named(names, pop(stack, instruction.argument))
    call(stack, arguments, keywords)


def python2_call_with_rest(positional_rest: bool, keyword_rest: bool) -> Operation:
    """CALL_FUNCTION_VAR and its kin of 2.7; 3.5 changed the order between its own releases, so it is left alone."""

    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        if frame.release != (2, 7):
            raise Untraceable("a call with * or ** in Python 3.5")
        double = (Keyword(None, pop_value(stack)),) if keyword_rest else ()
        single = spread(pop_value(stack)) if positional_rest else ()
        pairs = pop(stack, 2 * (instruction.argument >> 8))
        keywords = tuple(_keyword(name, value) for name, value in zip(pairs[::2], pairs[1::2], strict=True))
        call(stack, [*pop(stack, instruction.argument & 0xFF), *single], keywords + double)

    return apply


def keyword_names(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """KW_NAMES of 3.11 and 3.12: the names for the next call."""
    names = from_constant(frame.code.consts[instruction.argument])
    if not isinstance(names, Constant) or not isinstance(names.value, tuple):
        raise Untraceable("a call without the names of its keywords")
    frame.keyword_names = tuple(map(str, names.value))


def call_with_null(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """CALL since 3.11: a callable and a NULL in either order, or a callable and its first argument."""
    names, frame.keyword_names = frame.keyword_names, ()
    arguments, keywords = _split(names, pop(stack, instruction.argument))
    _call_pair(stack, arguments, keywords)


def call_with_keywords(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """CALL_KW since 3.13."""
    names = pop_value(stack)
    arguments, keywords = _named(names, pop(stack, instruction.argument))
    _call_pair(stack, arguments, keywords)


def _call_pair(stack: Stack, arguments: Stack, keywords: tuple[Keyword, ...]) -> None:
    first, second = pop(stack, 2)
    if is_null(first):
        stack.append(Call(second, tuple(arguments), keywords))
    elif is_null(second):
        stack.append(Call(first, tuple(arguments), keywords))
    else:
        stack.append(Call(first, (second, *arguments), keywords))


def call_function_spread(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """CALL_FUNCTION_EX: one tuple of arguments and perhaps one dict of keywords."""
    keywords: tuple[Keyword, ...] = ()
    if frame.release >= (3, 14) or instruction.argument & 1:
        mapping = pop_value(stack)
        keywords = () if is_null(mapping) else tuple(_spread_keyword(key, value) for key, value in entries_of(mapping))
    arguments = list(spread(pop_value(stack)))
    if frame.release >= (3, 11):
        _call_pair(stack, arguments, keywords)
    else:
        call(stack, arguments, keywords)


def _spread_keyword(key: Expression | None, value: Expression) -> Keyword:
    return Keyword(None, value) if key is None else _keyword(key, value)


def is_null(expression: Expression) -> bool:
    return isinstance(expression, Marker) and expression.what == "NULL"


def make_function(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """MAKE_FUNCTION since 3.6, pushing a closure; up to 3.10 a qualified name lies on the code, since 3.13 nothing does and flags come later."""
    if frame.release < (3, 11):
        pop(stack, 1)
    code = pop_value(stack)
    flags = instruction.argument if frame.release < (3, 13) else 0
    attributes = {flag: pop_value(stack) for flag in (CLOSURE, ANNOTATIONS, KEYWORD_DEFAULTS, DEFAULTS) if flags & flag}
    for flag in (DEFAULTS, KEYWORD_DEFAULTS):
        code = _with_attribute(code, flag, attributes.get(flag))
    stack.append(code)


def set_function_attribute(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """SET_FUNCTION_ATTRIBUTE since 3.13."""
    attribute, function = pop(stack, 2)
    stack.append(_with_attribute(function, instruction.argument, attribute))


def python2_make_function(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """MAKE_FUNCTION and MAKE_CLOSURE of 2.7 and 3.5: defaults lie one by one under the code."""
    if frame.release >= (3, 5):
        pop(stack, 1)
    code = pop_value(stack)
    if instruction.name == "MAKE_CLOSURE":
        pop(stack, 1)
    if instruction.argument >> 8:
        raise Untraceable("keyword-only defaults in Python 3.5")
    stack.append(_with_attribute(code, DEFAULTS, Display("tuple", tuple(pop(stack, instruction.argument)))))


def any_make_function(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    (make_function if frame.release >= (3, 6) else python2_make_function)(frame, instruction, stack)


def _with_attribute(function: Expression, flag: int, attribute: Expression | None) -> Closure:
    if not isinstance(function, Closure):
        raise Untraceable("a function without its code")
    if attribute is None or flag in (CLOSURE, ANNOTATIONS):
        return function
    if flag == DEFAULTS:
        return Closure(function.code, spread(attribute), function.keyword_defaults)
    if flag != KEYWORD_DEFAULTS or not isinstance(attribute, Mapping):
        raise Untraceable("a function with an unknown attribute")
    named = tuple(_spread_keyword(key, value) for key, value in attribute.items)
    return Closure(function.code, function.defaults, tuple((keyword.name or "", keyword.value) for keyword in named))


def intrinsic(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    if instruction.argument == INTRINSIC_UNARY_POSITIVE:
        stack.append(Unary("+", pop_value(stack)))
    elif instruction.argument == INTRINSIC_LIST_TO_TUPLE:
        list_to_tuple(frame, instruction, stack)
    else:
        raise Untraceable(f"intrinsic {instruction.argument}")


CALLS: dict[str, Operation] = {
    "CALL_FUNCTION": call_function,
    "CALL_METHOD": call_function,
    "CALL_FUNCTION_KW": lambda frame, instruction, stack: (
        call_function_keywords if frame.release >= WITH_KEYWORDS else python2_call_with_rest(False, True)
    )(frame, instruction, stack),
    "CALL_FUNCTION_VAR": python2_call_with_rest(True, False),
    "CALL_FUNCTION_VAR_KW": python2_call_with_rest(True, True),
    "CALL_FUNCTION_EX": call_function_spread,
    "KW_NAMES": keyword_names,
    "CALL": call_with_null,
    "CALL_KW": call_with_keywords,
    "MAKE_FUNCTION": any_make_function,
    "MAKE_CLOSURE": any_make_function,
    "SET_FUNCTION_ATTRIBUTE": set_function_attribute,
    "CALL_INTRINSIC_1": intrinsic,
}
