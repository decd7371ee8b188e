"""Sealing: what was sealed opens again, in its own place and with its own key, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.errors import CannotOpen
from switchhook.domain.sealing import needs_resealing, seal, unseal

OLD, NEW = "an old key", "a new key"
NONCE = bytes(range(12))
HERE = "integration:1:password"


@given(plain=st.text(st.characters()), context=st.text(), nonce=st.binary(min_size=12, max_size=12))
def test_what_was_sealed_opens_again(plain: str, context: str, nonce: bytes) -> None:
    sealed = seal(plain, context=context, keys=[NEW], nonce=nonce)
    assert unseal(sealed, context=context, keys=[NEW]) == plain


@given(plain=st.text(), context=st.text(), other=st.text())
def test_a_secret_opens_in_its_own_place_only(plain: str, context: str, other: str) -> None:
    sealed = seal(plain, context=context, keys=[NEW], nonce=NONCE)
    if other != context:
        with pytest.raises(CannotOpen, match="belongs to something else"):
            unseal(sealed, context=other, keys=[NEW])


@given(plain=st.text(), wrong=st.text().filter(lambda key: key != NEW))
def test_a_wrong_key_does_not_open_and_the_message_says_what_to_do(plain: str, wrong: str) -> None:
    sealed = seal(plain, context=HERE, keys=[NEW], nonce=NONCE)
    with pytest.raises(CannotOpen, match="put that key back"):
        unseal(sealed, context=HERE, keys=[wrong])


@given(st.text(st.characters()))
def test_whatever_is_stored_opens_or_cannot_open_and_nothing_else(stored: str) -> None:
    for text in (stored, "v1." + stored, f"v1.{stored}.AAAA"):
        with pytest.raises(CannotOpen):
            unseal(text, context=HERE, keys=[OLD, NEW])


@given(plain=st.text(), at=st.integers(min_value=0), to=st.characters())
def test_a_sealed_text_that_was_tampered_with_never_tells_another_secret(plain: str, at: int, to: str) -> None:
    sealed = seal(plain, context=HERE, keys=[NEW], nonce=NONCE)
    at %= len(sealed)
    try:
        opened = unseal(sealed[:at] + to + sealed[at + 1:], context=HERE, keys=[NEW])
    except CannotOpen:
        return
    assert opened == plain  # the spare bits of the last base64 character, or no change at all


def test_a_new_key_seals_while_the_old_one_still_opens() -> None:
    old = seal("s3cret", context=HERE, keys=[OLD], nonce=NONCE)
    assert unseal(old, context=HERE, keys=[NEW, OLD]) == "s3cret"
    assert needs_resealing(old, [NEW, OLD])
    new = seal("s3cret", context=HERE, keys=[NEW, OLD], nonce=NONCE)
    assert not needs_resealing(new, [NEW, OLD])
    assert unseal(new, context=HERE, keys=[NEW]) == "s3cret"


def test_a_sealed_text_shows_neither_secret_nor_key() -> None:
    sealed = seal("hunter2", context=HERE, keys=[NEW], nonce=NONCE)
    assert sealed.startswith("v1.")
    assert "hunter2" not in sealed
    assert NEW not in sealed


def test_the_format_stays_readable_by_later_releases() -> None:
    stored = "v1.59e1dd36.AAECAwQFBgcICQoLxU2NMTKy-AeYHNrw7NXcAD2OJTGXRw"
    assert unseal(stored, context=HERE, keys=[NEW]) == "s3cret"


@pytest.mark.parametrize(("keys", "nonce"), [([], NONCE), ([NEW], b"short")])
def test_sealing_without_a_key_or_with_a_short_nonce_is_refused(keys: list[str], nonce: bytes) -> None:
    with pytest.raises(ValueError):
        seal("s3cret", context=HERE, keys=keys, nonce=nonce)
