"""The commands of docs/api.md work as they stand there, one after the other, in an account with one PBX."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import requests

from switchhook.domain.catalogue import FIELDS, Field
from tests.fixtures.portal import Portal

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text()
OPTIONS = {"-X": "method", "-H": "header", "-d": "data"}


def requests_of(block: str) -> Iterator[list[str]]:
    """The words of each `curl` in a block of the page."""
    words: list[str] = []
    for word in shlex.split(block.replace("\\\n", ""), comments=True):
        if word == "curl" and words:
            yield words
            words = []
        words.append(word)
    if words[:1] == ["curl"]:
        yield words


def asked(words: list[str]) -> requests.Response:
    """What the server answers to such a command."""
    given: dict[str, list[str]] = {"method": [], "header": [], "data": [], "url": []}
    rest = iter(words[1:])
    for word in rest:
        given[OPTIONS.get(word, "url")].append(next(rest) if word in OPTIONS else word)
    [url], data = given["url"], "".join(given["data"])
    headers = dict(one.split(": ", 1) for one in given["header"])
    method = given["method"][0] if given["method"] else "POST" if data else "GET"
    return requests.request(method, url, headers=headers, data=data or None, timeout=20)


def test_every_command_is_answered_as_the_page_promises(portal: Portal) -> None:
    account = portal.another_account()
    [service] = portal.seed.rows("SELECT id FROM service WHERE account_id = ?", account)
    page = PAGE.replace(str(FIELDS[Field.SERVICE_UUID].example), str(UUID(str(service["id"]))))
    token = portal.token(account_id=account)
    page = page.replace("$API", f"{portal.url}/api/v1").replace("$AUTH", f"Authorization: Bearer {token}")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    answers = [asked(words) for block in blocks for words in requests_of(block)]
    assert len(answers) >= 10
    assert [answer.text for answer in answers if answer.status_code not in (200, 201, 202)] == []
