"""Files that nobody would upload, by forms as no browser sends them: whatever it is, an answer that says something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switchhook.web.models import Integration, PbxUser

from .conftest import World
from .test_hostile_forms import HOSTILE, OK

BOUNDARY = b"b0undary"
FILES = [
    *HOSTILE, b"PK\x03\x04" + b"\x00" * 200, b"\x1f\x8b\x08" + b"\x00" * 200, b"\xff\xfea\x00,\x00", b"\xef\xbb\xbf",
    b"Extension Number,Name\r\n" + b"201,\x00\r\n", b"Extension Number,Name\n201,\"" + b"a\n" * 5_000,
    b"a,b,c\n" + b"," * 100_000, b"Extension Number\n" + b"9" * 70_000, b"Extension Number,Extension Number\n1,2\n",
    b"integrations:\n- &a [*a]\n", b"integrations: !!python/object/apply:os.system [id]\n", b"&a [*a, *a]",
    b"integrations:\n- {name: x, event: [1], url: {}}\n", b"? ? ? ? :\n", b"- " * 20_000, b"{" * 20_000,
    b"integrations: 2026-13-45\n", b"%YAML 9.9\n---\n", b"---\n...\n---\n", b"\x85\xe2\x80\xa8: {<<: [1]}\n"]
NAMES = [b"a.csv", b"", b"../../x", b"\xff\xfe", b"a\x00b", b"x" * 2_000, b'a"; name="text', b"a\r\nX: 1"]


def _part(name: bytes, value: bytes, file_name: bytes | None = None, more: bytes = b"") -> bytes:
    file = b"" if file_name is None else b'; filename="' + file_name + b'"'
    return (b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + name + b'"' + file + b"\r\n" + more
            + b"\r\n" + value + b"\r\n")


def _post(client: Client, path: str, body: bytes, kind: str = "multipart/form-data; boundary=b0undary") -> int:
    answer = client.generic("POST", path, body, content_type=kind)
    assert answer.status_code in OK, body[:200]
    return answer.status_code


def _odd_bodies() -> Iterator[tuple[bytes, str]]:
    whole, usual = _part(b"file", b"a,b", b"a.csv"), "multipart/form-data; boundary=b0undary"
    yield whole, usual  # without an end
    yield whole[:40], usual
    yield b"", usual
    yield b"--b0undary--", usual
    yield whole * 300 + b"--b0undary--", usual  # more files than are taken
    yield _part(b"text", b"a") * 2_000 + b"--b0undary--", usual
    for more in (b"Content-Transfer-Encoding: base64\r\n", b"Content-Type: multipart/mixed; boundary=b0undary\r\n",
                 b"Content-Type: text/csv; charset=utf-7\r\n", b"Content-Type: \xff\r\n", b"X" * 9_000 + b": y\r\n"):
        yield _part(b"file", b"\xff!!", b"a.csv", more) + b"--b0undary--\r\n", usual
    for kind in ("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\xff",
                 "multipart/form-data; boundary=" + "b" * 300, "multipart/mixed; boundary=b0undary", "text/csv", "",
                 "\x00", "application/x-www-form-urlencoded; charset=utf-7",
                 "application/x-www-form-urlencoded; charset=none"):
        yield whole + b"--b0undary--\r\n", kind


@pytest.fixture(params=["/a/acme/integrations/import/", "/a/acme/pbx/{}/users/import/"])
def path(request: pytest.FixtureRequest, world: World) -> str:
    return str(request.param).format(world.service.id)


def test_no_form_for_files_breaks_over_how_it_is_sent(path: str, admin: Client) -> None:
    assert admin.get(path).status_code == 200
    for body, kind in _odd_bodies():
        _post(admin, path, body, kind)


def test_no_import_breaks_over_what_is_in_a_file(path: str, world: World, admin: Client) -> None:
    before = PbxUser.objects.count(), Integration.objects.count()

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(file=st.sampled_from(FILES) | st.binary(max_size=300), name=st.sampled_from(NAMES))
    def upload(file: bytes, name: bytes) -> None:
        _post(admin, path, _part(b"file", file, name) + b"--b0undary--\r\n")

    for file in FILES:
        _post(admin, path, _part(b"file", file, b"a.csv") + b"--b0undary--\r\n")
    upload()
    assert (PbxUser.objects.count(), Integration.objects.count()) == before
