"""Integration: which events it wants, and the reason when it does not."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from switchhook.domain.catalogue import EVENTS, EXTRA_EVENTS, EventType, Level
from switchhook.domain.integration import Wanted, wants
from switchhook.domain.service import Account, Service
from tests.domain.examples import ACCOUNT, SERVICE, an_event, an_integration

OFF = Service(id=SERVICE, account_id=ACCOUNT, connection_id=None, name="pbx-0001", friendly_name="Head Office")
ON = replace(OFF, applications_enabled=True)
EVERYTHING = Account(id=ACCOUNT, name="Example Ltd", granted_events=EXTRA_EVENTS)
SERVICE_EVENTS = [type_ for type_, spec in EVENTS.items() if spec.level is Level.SERVICE]
ACCOUNT_EVENTS = [type_ for type_, spec in EVENTS.items() if spec.level is Level.ACCOUNT]


@pytest.mark.parametrize("type_", EventType)
def test_an_integration_wants_the_events_of_its_type(type_: EventType) -> None:
    assert wants(an_integration(event_type=type_), an_event(type_), ON, EVERYTHING) is Wanted.YES


def test_an_integration_wants_no_event_of_another_type_or_account() -> None:
    assert wants(an_integration(), an_event(EventType.INBOUND_ANSWERED), ON, EVERYTHING) is Wanted.OTHER_TYPE
    assert wants(an_integration(account_id=UUID(int=9)), an_event(), ON, EVERYTHING) is Wanted.OTHER_TYPE


def test_an_integration_of_one_pbx_wants_no_event_of_another() -> None:
    assert wants(an_integration(service_id=UUID(int=9)), an_event(), ON, EVERYTHING) is Wanted.OTHER_SERVICE


@pytest.mark.parametrize("type_", SERVICE_EVENTS)
def test_nothing_of_a_pbx_fires_while_its_applications_are_off(type_: EventType) -> None:
    assert wants(an_integration(event_type=type_), an_event(type_), OFF, EVERYTHING) is Wanted.APPLICATIONS_OFF
    disabled = an_integration(event_type=type_, enabled=False)
    assert wants(disabled, an_event(type_), OFF, EVERYTHING) is Wanted.APPLICATIONS_OFF


@pytest.mark.parametrize("type_", ACCOUNT_EVENTS)
def test_changes_of_users_fire_whether_or_not_applications_are_on(type_: EventType) -> None:
    assert wants(an_integration(event_type=type_), an_event(type_), OFF, EVERYTHING) is Wanted.YES


def test_a_disabled_integration_says_that_it_is_disabled() -> None:
    assert wants(an_integration(enabled=False), an_event(), ON, EVERYTHING) is Wanted.DISABLED


@pytest.mark.parametrize("type_", EXTRA_EVENTS)
def test_an_extra_event_is_wanted_only_while_it_is_granted(type_: EventType) -> None:
    others = replace(EVERYTHING, granted_events=EXTRA_EVENTS - {type_})
    assert wants(an_integration(event_type=type_), an_event(type_), ON, others) is Wanted.NOT_GRANTED
