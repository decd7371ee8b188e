"""The shell around the pages: headers, brand, theme, errors, the way through it without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client, override_settings
from django.urls import path

from switchhook.domain.catalogue import EventType
from switchhook.settings import Settings
from switchhook.web import urls
from switchhook.web.branding.brands import load_brands
from switchhook.web.errors import broken
from switchhook.web.models import Account, Person

from .conftest import World
from .made_up import House

AsPerson = Callable[[Person | None], Client]


def _break(request: object) -> None:
    raise RuntimeError("on purpose")


class BrokenUrls:
    """The portal's pages, and one that breaks."""

    urlpatterns = (*urls.urlpatterns, path("break/", _break))
    handler500 = staticmethod(broken)


def test_every_answer_has_a_strict_content_security_policy(world: World, admin: Client, client: Client) -> None:
    pages = ("/a/acme/", "/a/none/", "/operator/accounts/")
    for answer in (client.get("/login/"), *(admin.get(page) for page in pages)):
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy + ";"
        assert "unsafe" not in policy
        assert answer["X-Frame-Options"] == "DENY"
        assert re.fullmatch(r"[0-9a-f]{12}", answer["X-Request-Id"])


@pytest.mark.parametrize("path", ["/login/", "/a/acme/", "/a/acme/pbx/", "/a/acme/users/", "/me/"])
def test_no_page_has_styles_or_scripts_in_it(world: World, admin: Client, client: Client, path: str) -> None:
    page = (client if path == "/login/" else admin).get(path).content.decode()
    assert not re.search(r"<script(?![^>]*\s(src=|type=.application/json))|<style|\sstyle=|\son[a-z]+=", page)


def test_styles_and_scripts_come_from_the_house_with_a_stamp(client: Client) -> None:
    page = client.get("/login/").content.decode()
    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(links) >= 4
    for link in links:
        assert re.search(r"\?v=[0-9a-f]{10}$", link)
        answer = client.get(link)
        assert answer.status_code == 200
        answer.close()


def test_the_brand_is_a_setting(world: World, admin: Client) -> None:
    ours = Settings(brand_name="myECN", secret_keys="a key for tests only")  # type: ignore[call-arg]
    with override_settings(BRANDS=load_brands(ours)):
        page = admin.get("/a/acme/").content.decode()
    assert "<span>myECN</span>" in page
    assert "Switchhook" not in page


def test_the_sidebar_shows_a_member_no_operators_pages(world: World, admin: Client, operator: Client) -> None:
    assert "/operator/" not in admin.get("/a/acme/").content.decode()
    assert "/operator/connections/" in operator.get("/a/acme/").content.decode()


def test_the_switcher_offers_ones_own_accounts_alone(world: World, as_person: AsPerson) -> None:
    assert "/a/other/" not in as_person(world.admin).get("/a/acme/").content.decode()
    assert "/a/other/" in as_person(world.operator).get("/a/acme/").content.decode()
    Account.objects.bulk_create(Account(slug=f"account-{n}", name=f"Account {n}") for n in range(40))
    assert as_person(world.operator).get("/a/acme/").content.decode().count('href="/a/account-') <= 12


def test_the_theme_is_remembered_without_javascript(world: World, admin: Client) -> None:
    assert 'data-bs-theme' not in admin.get("/a/acme/").content.decode()
    answer = admin.post("/theme/", {"theme": "dark", "next": "/a/acme/pbx/"})
    assert answer["Location"] == "/a/acme/pbx/"
    assert '<html lang="en" data-bs-theme="dark">' in admin.get("/a/acme/").content.decode()
    assert admin.post("/theme/", {"theme": "dark", "next": "https://evil.example/"})["Location"] == "/"


def test_403_names_the_role_that_is_needed(world: World, as_person: AsPerson) -> None:
    viewer = as_person(world.viewer)
    page = viewer.get(f"/a/acme/pbx/{world.service.id}/users/new/")
    assert page.status_code == 403
    assert "You need the role <strong>Admin</strong>" in page.content.decode()
    assert "<strong>Operator</strong>" in viewer.get("/operator/accounts/").content.decode()


def test_404_says_that_there_is_no_such_page(world: World, admin: Client) -> None:
    answer = admin.get("/a/acme/nothing/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_500_names_the_request_and_so_does_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.admin, backend="allauth.account.auth_backends.AuthenticationBackend")
    with override_settings(ROOT_URLCONF=BrokenUrls):
        answer = client.get("/break/")
    assert answer.status_code == 500
    assert answer["X-Request-Id"] in answer.content.decode()
    assert "on purpose" not in answer.content.decode()
    assert f"request {answer['X-Request-Id']}: GET /break/ answered 500" in caplog.text
    assert "on purpose" in caplog.text


def test_a_session_that_ends_while_a_page_asks_for_news_leads_to_the_login_and_back(client: Client) -> None:
    """Put into the place of a list, the login would stand in the middle of the page."""
    page = "http://testserver/a/acme/live/?pbx=1"
    answer = client.get("/a/acme/live/?seen=x", headers={"HX-Request": "true", "HX-Current-URL": page})
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/login/?next=/a/acme/live/%3Fpbx%3D1"
    assert "Location" not in answer


def test_only_the_path_of_a_page_is_led_back_to(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/a/acme/"}
    assert client.get("/a/acme/live/", headers=headers)["HX-Redirect"] == "/login/?next=/a/acme/"


def test_a_form_without_its_token_is_refused_in_words(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/login/", {"login": "admin@example.com", "password": "x"})
    assert answer.status_code == 403
    assert "nothing was changed" in answer.content.decode()


def test_health_asks_nobody_who_they_are(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_times_are_the_accounts(world: World, admin: Client) -> None:
    assert "Times in Australia/Sydney" in admin.get("/a/acme/").content.decode()


def test_a_new_account_is_led_to_its_first_webhook(world: World, admin: Client) -> None:
    page = admin.get("/a/acme/").content.decode()
    assert "Getting started" in page
    assert "Create an integration" in page


def test_the_sidebar_says_whose_an_integration_is(world: World) -> None:
    house = House(world)
    for row, place in ((house.integration(), "PBXs"), (house.integration(EventType.USER_MODIFIED), "Integrations")):
        text = house.client().get(f"{house.url}integrations/{row.id}/").content.decode()
        [here] = re.findall(r'<a href="[^"]*"[^>]* aria-current="page">(.*?)</a>', text, flags=re.DOTALL)
        assert re.sub(r"<.*?>", "", here, flags=re.DOTALL).strip() == place
