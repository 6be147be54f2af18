"""f-strings as source. What stands within the braces was compiled apart, so any quotes will do, as long as every Python reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdoctor.bytecode.expression import Constant, Expression, Formatted, Function, Joined
from kdoctor.bytecode.literal import Untraceable

if TYPE_CHECKING:
    from kdoctor.bytecode.printer import Printer


def write_text(printer: Printer, text: Formatted | Joined) -> None:
    """`f'…'`, in double quotes where a part within needs single ones; raises Untraceable where Pythons before 3.12 could not read it."""
    inner = _inner(printer, text)
    quote = '"' if any("'" in part for part in inner) else "'"
    if any(quote in part or "\\" in part or "\n" in part for part in inner):
        raise Untraceable("an f-string with too many quotes in it")
    printer.write(f"f{quote}")
    _write_parts(printer, text, quote)
    printer.write(quote)


def _write_parts(printer: Printer, text: Expression, quote: str) -> None:
    if isinstance(text, Joined):
        for part in text.parts:
            _write_parts(printer, part, quote)
    elif isinstance(text, Formatted):
        printer.write("{")
        start = len(printer.text)
        printer.expression(text.value)
        if isinstance(text.value, Function) or printer.text[start] == "{":  # its colon would end the field, or two braces read as one
            raise Untraceable("an f-string of something that needs parentheses")
        printer.write(f"!{text.conversion}" if text.conversion else "")
        if text.spec is not None:
            printer.write(":")
            _write_parts(printer, text.spec, quote)
        printer.write("}")
    elif isinstance(text, Constant):
        printer.write(_escaped(str(text.value), quote))


def _escaped(text: str, quote: str) -> str:
    """Literal text between these quotes."""
    return "".join(f"\\{quote}" if one == quote else one * 2 if one in "{}" else one if one in "'\"" else repr(one)[1:-1] for one in text)


def _inner(printer: Printer, text: Expression) -> list[str]:
    """The source of every value in the text."""
    if isinstance(text, Joined):
        return [each for part in text.parts for each in _inner(printer, part)]
    if not isinstance(text, Formatted):
        return []
    inner = printer.fresh()
    inner.expression(text.value)
    return [inner.text, *([] if text.spec is None else _inner(printer, text.spec))]
