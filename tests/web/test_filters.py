"""The card Filters of the form: what is offered, what is saved, and what it would have done to the last events."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.filters import HoursFilter, Subject, ValueFilter
from switchhook.web.models import Integration
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_integrations_form import FILLED, edit, post, read, told

OPTION = {"event_type": "ivr.option_selected"}


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def card(answer: HttpResponse) -> str:
    """The card's HTML."""
    return answer.content.decode().partition('id="filters"')[2].partition("</section>")[0]


def test_only_what_the_event_has_is_offered(house: House) -> None:
    shown = card(house.client().get(f"{house.pbx_url}integrations/new/"))
    assert "Source Number" in shown
    assert "filter-option" not in shown
    chosen = card(post(house, do="refresh", **OPTION))
    assert "filter-option" in chosen
    assert "IVR Name" in chosen


def test_filters_are_saved_and_shown_again(house: House) -> None:
    answer = post(house, **OPTION, **{
        "filter-option": "1-5, 9", "filter-menu": "NPS", "filter-menu-match": "none_of", "filter-direction": "inbound",
        "filter-hours": "outside", "filter-hours-days": ["mon", "sat"], "filter-hours-begins": "08:30",
        "filter-hours-ends": "18:00"})
    assert answer.status_code == 302, told(answer)
    row = Integration.objects.get()
    assert read(row).filters == (
        ValueFilter(subject=Subject.MENU, values=("NPS",), excluding=True),
        ValueFilter(subject=Subject.OPTION, values=("1-5", "9")),
        ValueFilter(subject=Subject.DIRECTION, values=("inbound",)),
        HoursFilter(days=(0, 5), begins=read(row).filters[3].begins, ends=read(row).filters[3].ends, outside=True))
    shown = card(house.client().get(f"{house.url}integrations/{row.id}/edit/"))
    assert 'value="1-5, 9"' in shown
    assert 'value="08:30"' in shown
    page = told(house.client().get(f"{house.url}integrations/{row.id}/"))
    assert "Option is one of 1-5, 9" in page
    assert "Outside Mon, Sat 08:30-18:00" in page
    assert edit(house, row, **OPTION).filters == []


@pytest.mark.parametrize(("typed", "place", "says"), [
    ({"filter-option": "5-1"}, "filter-option", "5-1 ends before it begins: write 1-5."),
    ({"filter-source": "Ada"}, "filter-source", "Ada is no number"),
    ({"filter-hours": "inside", "filter-hours-begins": "09:00", "filter-hours-ends": "17:00"}, "filter-hours",
     "Choose at least one day."),
    ({"filter-hours": "inside", "filter-hours-days": "mon", "filter-hours-begins": "soon"}, "filter-hours",
     "The hours end when they begin"),
])
def test_what_is_wrong_with_a_filter_stands_at_its_line(
    house: House, typed: dict[str, str], place: str, says: str,
) -> None:
    answer = post(house, **OPTION, **typed)
    assert answer.status_code == 200
    assert says in told(answer)
    assert f'href="#id_{place}"' in answer.content.decode()
    assert not Integration.objects.exists()


def test_the_preview_tells_how_many_of_the_last_events_would_have_passed(house: House) -> None:
    for number, option in enumerate("11273"):
        house.event(EventType.IVR_OPTION, number=number, fields={Field.OPTION_SELECTED: option})
    house.event(EventType.INBOUND_ANSWERED, number=9)
    url = f"{house.pbx_url}integrations/new/preview/"
    shown = told(house.client().post(url, FILLED | OPTION | {"filter-option": "1-2"}))
    assert "Of the last 5 events of this type, 3 would have passed the filters." in shown
    assert "would have passed" not in told(house.client().post(url, FILLED | OPTION))
