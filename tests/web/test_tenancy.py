"""Every page, asked for by everybody: who may read, who may change, who sees nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from switchhook.domain.catalogue import EventType
from switchhook.domain.integration import Integration as Wanted
from switchhook.web.integrations.actions import create
from switchhook.web.models import Person

from .conftest import World

AsPerson = Callable[[Person | None], Client]


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, route)
        elif isinstance(one.pattern, RoutePattern):
            yield route, one.name or ""


ROUTES = list(_routes(get_resolver().url_patterns))
OF_ACCOUNT = sorted({route for route, _ in ROUTES if route.startswith("a/")})
OF_OPERATOR = sorted({route for route, _ in ROUTES if route.startswith("operator/")})
OF_API = ("api/",)  # each of its operations is asked in api/test_walk.py
ELSEWHERE = sorted({route for route, _ in ROUTES if not route.startswith(("a/", "operator/", *OF_API))})


@pytest.fixture
def path_of(world: World) -> Callable[[str], str]:
    """A route filled in with what there is in the world's first account."""
    integration = create(world.account, None, Wanted(
        id=uuid4(), account_id=world.account.id, service_id=None, name="CRM", event_type=EventType.USER_CREATED,
        request_url="https://crm.example.com/hook"), signed=True)
    values = {
        "<slug:account>": world.account.slug, "<uuid:service_id>": world.service.id,
        "<uuid:user_id>": world.users[0].id, "<uuid:integration_id>": integration.id,
        "<uuid:connection_id>": world.connection.id,
        "<uuid:account_id>": world.account.id, "<int:number>": 1, "<int:pk>": 1, "<int:session_id>": 1,
    }

    def path(route: str) -> str:
        for name, value in values.items():
            route = route.replace(name, str(value))
        while "<uuid:" in route:  # a delivery, an event, an errand, a member: there is none
            begin, end = route.index("<uuid:"), route.index(">")
            route = route[:begin] + str(uuid4()) + route[end + 1:]
        return "/" + route

    return path


def test_there_are_routes_of_every_kind() -> None:
    assert len(OF_ACCOUNT) > 15
    assert len(OF_OPERATOR) > 10


@pytest.mark.parametrize("route", OF_ACCOUNT + OF_OPERATOR)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_logged_in_is_sent_to_the_login(
    route: str, method: str, path_of: Callable[[str], str], as_person: AsPerson,
) -> None:
    answer = getattr(as_person(None), method)(path_of(route))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=/")


@pytest.mark.parametrize("route", OF_ACCOUNT)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_a_stranger_finds_nothing_of_the_account(
    route: str, method: str, who: str, path_of: Callable[[str], str], as_person: AsPerson, world: World,
) -> None:
    answer = getattr(as_person(getattr(world, who)), method)(path_of(route))
    assert answer.status_code in (404, 405)  # 405: a page that is only posted to says so before it asks who
    assert b"Acme" not in answer.content


@pytest.mark.parametrize("route", OF_ACCOUNT)
def test_a_viewer_reads_and_changes_nothing(
    route: str, path_of: Callable[[str], str], as_person: AsPerson, world: World,
) -> None:
    client = as_person(world.viewer)
    assert client.get(path_of(route)).status_code in (200, 302, 403, 404, 405)
    answer = client.post(path_of(route))
    assert answer.status_code in (403, 405)
    if answer.status_code == 403:
        assert "Admin" in answer.content.decode()


@pytest.mark.parametrize("route", OF_ACCOUNT)
@pytest.mark.parametrize("who", ["admin", "operator"])
def test_admin_and_operator_see_every_page(
    route: str, who: str, path_of: Callable[[str], str], as_person: AsPerson, world: World,
) -> None:
    answer = as_person(getattr(world, who)).get(path_of(route))
    missing = any(part in route for part in ("delivery_id", "event_id", "errand_id", "request_id", "call_id",
                                            "member_id", "invitation_id"))
    assert answer.status_code in ((200, 404, 405) if missing else (200, 302, 405))


@pytest.mark.parametrize("route", OF_OPERATOR)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["admin", "viewer", "stranger", "nobody"])
def test_the_operators_pages_are_the_operators(
    route: str, method: str, who: str, path_of: Callable[[str], str], as_person: AsPerson, world: World,
) -> None:
    answer = getattr(as_person(getattr(world, who)), method)(path_of(route))
    assert answer.status_code == 403
    assert "Operator" in answer.content.decode()


@pytest.mark.parametrize("route", OF_OPERATOR)
def test_the_operator_sees_the_operators_pages(route: str, path_of: Callable[[str], str], operator: Client) -> None:
    missing = any(part in route for part in ("errand_id", "member_id", "connection_id>/users/"))  # it is no FusionPBX
    assert operator.get(path_of(route)).status_code in ((404, 405) if missing else (200, 405))


def test_what_belongs_to_another_account_is_not_found_through_ones_own(world: World, admin: Client) -> None:
    service, user, other = world.service.id, world.users[0].id, world.other_service.id
    assert admin.get(f"/a/acme/pbx/{other}/").status_code == 404
    assert admin.get(f"/a/acme/pbx/{service}/users/{world.other_user.id}/").status_code == 404
    assert admin.get(f"/a/other/pbx/{service}/users/{user}/").status_code == 404


def test_no_page_is_open_to_all_but_those_of_the_way_in() -> None:
    of_ones_own = {one for one in ELSEWHERE if one.startswith("me/")}
    assert set(ELSEWHERE) - of_ones_own == {
        "", "healthz", "favicon.ico", "brand.css", "brand/logo", "theme/", "login/", "login/once/<str:token>/",
        "join/<str:token>/", "login/inactive/", "login/none/", "login/with/<slug:provider_id>/",
        "login/with/<slug:provider_id>/callback/",
        "logout/", "password/", "password/sent/", "password/done/",
        "recordings/<str:token>",  # signed links
    }


def test_ones_own_pages_ask_who_one_is(as_person: AsPerson, path_of: Callable[[str], str]) -> None:
    of_ones_own = [path_of(one)[1:] for one in ELSEWHERE if one.startswith("me/")]
    assert len(of_ones_own) > 15
    for path in of_ones_own:
        for method in ("get", "post"):
            answer = getattr(as_person(None), method)(f"/{path}")
            assert answer.status_code in (302, 405) or path in OPEN_ON_THE_WAY_IN, path
            if answer.status_code == 302:
                assert answer["Location"].startswith("/login/"), path


#: Steps of logging in, and what a provider leads back to: they tell nothing of anybody.
OPEN_ON_THE_WAY_IN = {
    "me/second-factor/webauthn/login/", "me/single-sign-on/login/cancelled/", "me/single-sign-on/login/error/"}
