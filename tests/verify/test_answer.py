"""An exception of Keras in a few words."""

from __future__ import annotations

from kdoctor.verify.answer import Refusal


def test_the_inmost_cause_is_told_and_the_configuration_is_not() -> None:
    message = (
        "<class 'Sequential'> could not be deserialized properly.\n\nconfig={'name': 'sequential'}.\n\n"
        "Exception encountered: <class 'Dense'> could not be deserialized properly.\n\nconfig={}.\n\n"
        "Exception encountered: Unrecognized keyword arguments passed to Dense: {'groups': 1}"
    )
    assert Refusal(TypeError(message)).words.splitlines() == [
        "TypeError: <class 'Sequential'> could not be deserialized properly.",
        "Exception encountered: Unrecognized keyword arguments passed to Dense: {'groups': 1}",
    ]


def test_colours_tracebacks_and_long_lines_are_left_out() -> None:
    error = ValueError('\x1b[1mException\x1b[0m in call.\nTraceback (most recent call last):\n  File "x.py", line 1, in f\n' + "y" * 9_000)
    first, second = Refusal(error).words.splitlines()
    assert first == "ValueError: Exception in call."
    assert len(second) == 400
    assert second.endswith("y…")


def test_an_exception_without_words_has_its_name() -> None:
    assert Refusal(KeyError()).words == "KeyError:"


def test_the_backends_own_lack_of_memory_is_lack_of_memory() -> None:
    exhausted = type("ResourceExhaustedError", (Exception,), {})
    assert Refusal(exhausted()).outcome == "OUT_OF_MEMORY"
    assert Refusal(ValueError()).outcome == "FAILED"
