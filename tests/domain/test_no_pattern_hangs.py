"""What customers write as patterns and templates is done with in no time, whatever it is."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from switchhook.domain.templates import parse_template

SECONDS = 1.0
_PIECES = st.lists(st.sampled_from(["*", "?", "a", "[a-z]", "[!a]", "[", "]", "aa", "*a*", "-", "!"]), max_size=60)


@settings(deadline=None)
@given(_PIECES.map("".join), st.integers(1, 400))
@example("*a" * 60 + "b", 400)
@example("*" * 300 + "b", 400)
@example("[a-z]*" * 60 + "!", 400)
def test_no_glob_hangs(glob: str, length: int) -> None:
    began = time.process_time()
    fnmatchcase("a" * length, glob)
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("text", [
    "{" * 200_000, "}" * 200_000, "{a" * 100_000, "{{" * 100_000, "{}" * 100_000, "{source_number}" * 20_000,
    "{" + "a" * 500_000, "a{" * 100_000 + "}" * 100_000, "{{{" * 50_000 + "x}}}" * 50_000])
def test_no_template_hangs(text: str) -> None:
    began = time.process_time()
    parse_template(text).fill(literal=str, value=lambda _field: "x")
    assert time.process_time() - began < 2 * SECONDS
