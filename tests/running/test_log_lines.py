"""One entry is one line, whatever stands in it."""

from __future__ import annotations

import io
import logging

from hypothesis import example, given
from hypothesis import strategies as st

from switchhook.log_lines import OneLine, escaped


def _logged(message: str, *values: object, error: BaseException | None = None) -> str:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(OneLine("%(levelname)s %(message)s"))
    record = logging.LogRecord("test", logging.INFO, __file__, 1, message, values, None)
    if error is not None:
        record.exc_info = (type(error), error, None)
    handler.emit(record)
    return out.getvalue()


@given(st.text(st.characters(), max_size=60))
@example("a\nERROR forged")
@example("a\r\nERROR forged")
@example("\u2028ERROR \x1b[31m\x00\ud800")
def test_a_value_never_makes_a_second_line(value: str) -> None:
    text = _logged("call=%s", value)
    assert text.endswith("\n")
    assert len(text.splitlines()) == 1
    text.encode()


@given(st.text(st.characters(), max_size=60))
@example("a\nINFO forged")
def test_what_an_exception_says_is_indented(value: str) -> None:
    lines = _logged("it broke", error=ValueError(value)).splitlines()
    assert lines[0] == "INFO it broke"
    assert all(line.startswith("    ") for line in lines[1:])


def test_ordinary_words_stay_as_they_are() -> None:
    assert escaped("Zoë rang\tJürgen ☎") == "Zoë rang\tJürgen ☎"
