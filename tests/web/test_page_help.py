"""Help in place: every page of an account has some, and it leads to a heading of the handbook that there is."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from django.test import Client
from django.utils.translation import override

from switchhook.web.page_help import HELP
from tests.web.conftest import World
from tests.web.furnished import routes

#: Pages that only ask once more, or say one thing and end there.
SAY_IT_THEMSELVES = {
    "integration-delete", "pbx-user-delete", "pbx-rename", "pbx-detected", "member", "call-recordings",
    "pbx-directory-missing"}
#: What is no page: files, fragments, and what only takes posts.
NO_PAGE = re.compile(
    r"(-csv|-export|-preview|-result|-restore|-enable|-disable|-duplicate|-rotate|-reveal|-test|-redeliver|-cancel|-pause|-resume|"
    r"-ticked|-revoke|-remove|-send|-policy|-answer|-clear|-point|-call|call-recording)$")


def test_every_page_of_an_account_has_help() -> None:
    pages = {one.name for one in routes() if one.route.startswith("a/") and not NO_PAGE.search(one.name)}
    assert pages - HELP.keys() == SAY_IT_THEMSELVES
    assert HELP.keys() <= {one.name for one in routes()}


@pytest.mark.parametrize("page", sorted({one.page for one in HELP.values()}))
def test_help_leads_to_a_heading_of_the_handbook(client: Client, page: str) -> None:
    path, _, heading = page.partition("#")
    with closing(client.get(f"/docs/{path}")) as answer:
        assert answer.status_code == 200
        text = b"".join(answer).decode()
    assert not heading or f'id="{heading}"' in text


def test_a_page_says_what_it_is_for(world: World, admin: Client) -> None:
    with override("en"):
        text = admin.get("/a/acme/deliveries/").content.decode()
    assert "A delivery is one event owed to one integration." in text
    assert 'href="/docs/delivery.html"' in text
    assert "About this page" not in admin.get(f"/a/acme/pbx/{world.service.id}/name/").content.decode()
