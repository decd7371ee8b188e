"""Of a request that is too large exactly its own bytes are read, however they come, and none of them are kept."""

from __future__ import annotations

from itertools import chain, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waitress.adjustments import Adjustments

from switchhook.web.oversized import LARGEST_BODY_BYTES, MOST_FORGOTTEN_BYTES, Parser


def _parser() -> Parser:
    return Parser(Adjustments(max_request_body_size=LARGEST_BODY_BYTES + 1))


def _head(length: int, more: str = "") -> bytes:
    return f"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{more}\r\n".encode()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(over=st.integers(1, 5_000), cuts=st.lists(st.integers(1, 90) | st.integers(1, 400_000), max_size=20))
def test_however_it_is_cut_it_ends_where_it_ends(over: int, cuts: list[int]) -> None:
    length = LARGEST_BODY_BYTES + over
    whole, parser, at = _head(length) + b"x" * length, _parser(), 0
    wire = whole + b"GET /next HTTP/1.1\r\n\r\n"
    sizes = chain(cuts, repeat(100_000))
    while not parser.completed:
        at += parser.received(wire[at : at + next(sizes)])
        assert at <= len(whole)
    assert at == len(whole)
    assert len(parser.get_body_stream().read()) == 0
    assert parser.error is not None


def test_a_body_of_just_1_mib_is_taken() -> None:
    parser = _parser()
    read = parser.received(_head(LARGEST_BODY_BYTES))
    assert read
    for _ in range(1024):
        parser.received(b"x" * 1024)
    assert parser.completed
    assert parser.error is None
    parser.close()


@pytest.mark.parametrize(("length", "more"), [
    (MOST_FORGOTTEN_BYTES + 1, ""), (LARGEST_BODY_BYTES + 1, "Expect: 100-continue\r\n")])
def test_what_is_much_too_large_and_what_is_asked_about_first_is_answered_at_once(length: int, more: str) -> None:
    parser = _parser()
    parser.received(_head(length, more))
    assert parser.completed
    assert parser.error is not None
    assert not parser.expect_continue
    parser.close()
