"""Signing: receivers that use a Standard Webhooks library accept what we send, and learn why when they do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from switchhook.domain.delivery import Request
from switchhook.domain.integration import Format, Method
from switchhook.domain.rendering import render
from switchhook.domain.signing import Verification, is_secret, new_secret, signature, signatures, verify
from tests.domain.examples import DELIVERY, NOW, OLD_SECRET, SECRET, an_event, an_integration

STAMP = int(NOW.timestamp())


def signed(secrets: tuple[str, ...] = (SECRET,)) -> list[tuple[str, str]]:
    """The headers of a request with the body `{"a":1}`, signed at STAMP."""
    return [("Webhook-Id", "m1"), ("Webhook-Timestamp", str(STAMP)),
            ("Webhook-Signature", signatures(secrets, message_id="m1", timestamp=STAMP, payload=b'{"a":1}'))]


def payload_of(request: Request) -> bytes:
    return urlsplit(request.url).query.encode() if request.body is None else request.body


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("format_", Format)
def test_a_standard_webhooks_library_accepts_every_request(method: Method, format_: Format) -> None:
    now = datetime.now(UTC)  # the library reads the clock itself
    integration = an_integration(
        method=method, format=format_, signing_secrets=(SECRET, OLD_SECRET), path_arguments="/{call_uuid}?x=ü")
    request = render(integration, an_event(name="Zoë"), delivery_id=DELIVERY, at=now)
    headers, payload = dict(request.headers), payload_of(request).decode()
    theirs = [Webhook(secret).sign(str(DELIVERY), now, payload) for secret in (SECRET, OLD_SECRET)]
    assert headers["webhook-signature"].split() == theirs
    if format_ is Format.JSON:  # the library reads what it has verified as JSON
        assert Webhook(OLD_SECRET).verify(payload, headers)["source_number"] == "12025550171"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret(b"x" * 32)).verify(payload, headers)


@given(random=st.binary(min_size=24, max_size=64), message_id=st.uuids().map(str), payload=st.text())
def test_a_signature_is_the_one_that_the_library_makes(random: bytes, message_id: str, payload: str) -> None:
    secret = new_secret(random)
    theirs = Webhook(secret).sign(message_id, NOW, payload)
    assert signature(secret, message_id=message_id, timestamp=STAMP, payload=payload.encode()) == theirs
    assert is_secret(secret)


def test_the_newest_secret_signs_first_while_rotating() -> None:
    both = signatures([SECRET, OLD_SECRET], message_id="m1", timestamp=STAMP, payload=b"x")
    assert both.split()[0] == signature(SECRET, message_id="m1", timestamp=STAMP, payload=b"x")
    assert both.split()[1] == signature(OLD_SECRET, message_id="m1", timestamp=STAMP, payload=b"x")


@pytest.mark.parametrize("text", [
    "", "whsec_", "whsec_dGlueQ==", "whsec_not base64!", SECRET.removeprefix("whsec_"), "whsec_é",
])
def test_what_is_no_secret_is_seen(text: str) -> None:
    assert not is_secret(text)


@pytest.mark.parametrize("length", [0, 23, 65])
def test_a_secret_of_too_few_or_too_many_bytes_is_not_made(length: int) -> None:
    with pytest.raises(ValueError):
        new_secret(b"x" * length)


@pytest.mark.parametrize("secrets", [(SECRET,), (OLD_SECRET,), (OLD_SECRET, SECRET)])
def test_one_fitting_secret_is_enough(secrets: tuple[str, ...]) -> None:
    assert verify(secrets, signed((SECRET, OLD_SECRET)), b'{"a":1}', now=STAMP) is Verification.GOOD


def test_a_signature_that_does_not_fit_says_what_to_look_at() -> None:
    assert verify([OLD_SECRET], signed(), b'{"a":1}', now=STAMP) is Verification.NO_MATCH
    assert verify([SECRET], signed(), b'{"a": 1}', now=STAMP) is Verification.NO_MATCH
    assert verify(["damaged"], signed(), b'{"a":1}', now=STAMP) is Verification.NO_MATCH
    assert verify([], signed(), b'{"a":1}', now=STAMP) is Verification.UNCHECKED


@pytest.mark.parametrize(("age", "verdict"), [
    (timedelta(seconds=300), Verification.GOOD), (timedelta(seconds=301), Verification.TOO_OLD),
    (timedelta(seconds=-300), Verification.GOOD), (timedelta(seconds=-301), Verification.TOO_NEW),
])
def test_a_good_signature_is_good_for_five_minutes(age: timedelta, verdict: Verification) -> None:
    assert verify([SECRET], signed(), b'{"a":1}', now=STAMP + age.total_seconds()) is verdict


def test_a_forged_signature_is_never_merely_old() -> None:
    assert verify([OLD_SECRET], signed(), b'{"a":1}', now=STAMP + 999) is Verification.NO_MATCH


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_request_without_one_of_the_headers_is_not_signed(name: str) -> None:
    headers = [pair for pair in signed() if pair[0] != name]
    assert verify([SECRET], headers, b'{"a":1}', now=STAMP) is Verification.MISSING


@given(st.lists(st.tuples(
    st.sampled_from(["webhook-id", "Webhook-Timestamp", "webhook-signature"]),
    st.text(st.characters()) | st.sampled_from(["v1,", "v1,é", "²", "9" * 5000, str(STAMP)]))))
def test_whatever_a_stranger_sends_is_judged_and_never_good(headers: list[tuple[str, str]]) -> None:
    assert verify([SECRET], headers, b"x", now=STAMP) is not Verification.GOOD
