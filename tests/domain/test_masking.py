"""What receivers say back has our secrets masked, however they spell them."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote, quote_plus, urlencode

from hypothesis import assume, given
from hypothesis import strategies as st

from switchhook.domain.delivery import NoAnswer, Problem, Request, Responded, Timing
from switchhook.domain.masking import MASK, SHORTEST_SECRET, without_secrets

SECRET = "hush/hush+\"ä"
ANSWER = Responded(status=200, headers=(), body=b"", body_truncated=False, timing=Timing(total_ms=1))


def _request(value: str) -> Request:
    return Request(method="POST", url="https://crm.example/", body=b"", secret_headers=frozenset({"authorization"}),
                   headers=(("Authorization", value), ("X-Plain", "plain-value")))


def _said_back(secret: str) -> list[str]:
    return [
        secret, json.dumps(secret), json.dumps(secret, ensure_ascii=False), json.dumps(secret).replace("/", "\\/"),
        quote(secret), quote_plus(secret), quote(secret, safe=""), quote(secret, safe="").lower(),
        urlencode({"x": secret}), html.escape(secret), b64encode(secret.encode()).decode()]


def test_every_spelling_is_masked_in_headers_body_and_what_went_wrong() -> None:
    basic = "Basic " + b64encode(f"crm:{SECRET}".encode()).decode()
    for sent in (f"Bearer {SECRET}", SECRET, basic):
        for text in _said_back(SECRET):
            got = without_secrets(
                replace(ANSWER, headers=(("Location", f"/?{text}"),), body=f"<p>{text} plain-value</p>".encode()),
                _request(sent))
            assert isinstance(got, Responded)
            assert "ush" not in got.headers[0][1] + got.body.decode(), text
            assert MASK in got.body.decode()
            assert "plain-value" in got.body.decode()
            none = NoAnswer(problem=Problem.CONNECTION_REFUSED, detail=f"no {text}", timing=Timing(total_ms=1))
            assert "ush" not in str(without_secrets(none, _request(sent)))


def test_a_secret_that_the_end_of_what_we_read_cuts_is_masked_too() -> None:
    for length in range(SHORTEST_SECRET, len(SECRET)):
        cut = replace(ANSWER, body=b"x" * 50 + SECRET.encode()[:length], body_truncated=True)
        got = without_secrets(cut, _request(f"Bearer {SECRET}"))
        assert isinstance(got, Responded)
        assert b"hush" not in got.body


def test_short_values_are_left_alone_or_words_would_be_masked() -> None:
    assert without_secrets(replace(ANSWER, body=b"a cat sat"), _request("Bearer cat")) == replace(
        ANSWER, body=b"a cat sat")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=12, max_size=40), st.text(max_size=30),
       st.text(max_size=30))
def test_whatever_the_secret_and_whatever_is_around_it(secret: str, before: str, after: str) -> None:
    assume(secret.strip() not in before + after)
    body = (before + "\n" + json.dumps(secret) + secret + "\n" + after).encode("utf-8", "replace")
    got = without_secrets(replace(ANSWER, body=body), _request(f"Bearer {secret}"))
    assert isinstance(got, Responded)
    assert secret.strip() not in got.body.decode()
