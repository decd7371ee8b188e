"""How a PBX's calls are read, over the API: its trunks, phones and menus; and its intake's token."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from switchhook.domain.checks import Mistake
from switchhook.web.api.bearer import INTEGRATIONS, READ, access_of
from switchhook.web.api.etags import check_match, stamp
from switchhook.web.api.problems import invalid
from switchhook.web.api.services import service_of
from switchhook.web.api.shapes import Shape, Text
from switchhook.web.models import Service
from switchhook.web.services import actions
from switchhook.web.services.forms import ReadingForm

router = Router()
_ONE = "/services/{uuid:service_id}"

#: A device or a context; * stands for anything.
Glob = Annotated[Text, Field(min_length=1, max_length=120, pattern=r"^[!-~]+$")]
_LISTS = ("trunks", "trunk_contexts", "extensions")


class MenuShape(Shape):
    """A menu: the dialplan's context that it is, and what people call it. No name: it is called like the context."""

    context: Glob
    name: Text = Field(default="", max_length=120)


class ReadingShape(Shape):
    """How the calls are read."""

    trunks: list[str]
    trunk_contexts: list[str]
    extensions: list[str]
    menus: list[MenuShape]


class ReadingChange(Shape):
    """What is to change; what is left out stays. A list takes the place of the whole list."""

    trunks: list[Glob] | None = Field(default=None, max_length=200, description="Devices that are trunks.")
    trunk_contexts: list[Glob] | None = Field(
        default=None, max_length=200, description="Contexts in which calls from outside begin.")
    extensions: list[Glob] | None = Field(default=None, max_length=200, description="Devices that are users' phones.")
    menus: list[MenuShape] | None = Field(default=None, max_length=200)


class Intake(Shape):
    """Where events from elsewhere are sent, and the token for it, which is not told again."""

    url: str
    token: str


@router.get(f"{_ONE}/reading", response=ReadingShape, auth=READ)
def get_reading(request: HttpRequest, service_id: UUID, response: HttpResponse) -> ReadingShape:
    """Which devices are trunks and phones, which contexts are menus and what the menus are called."""
    return _stamped(service_of(access_of(request), service_id), response)


@router.patch(f"{_ONE}/reading", response=ReadingShape, auth=INTEGRATIONS)
def change_reading(
    request: HttpRequest, service_id: UUID, change: ReadingChange, response: HttpResponse,
) -> ReadingShape:
    """Change it. Calls that begin from now on are read so."""
    service = service_of(access_of(request), service_id)
    check_match(request, _shape(service))
    lists = {name: getattr(service, name) if (sent := getattr(change, name)) is None else sent for name in _LISTS}
    form = ReadingForm({name: "\n".join(values) for name, values in lists.items()})
    if not form.is_valid():
        raise invalid([
            Mistake(where=name, message=str(message)) for name, found in form.errors.items() for message in found])
    for name in _LISTS:
        setattr(service, name, form.cleaned_data[name])
    if change.menus is not None:
        service.menus = [[one.context, one.name.strip()] for one in _once(change.menus)]
    actions.save_service(service)
    return _stamped(service, response)


@router.post(f"{_ONE}/intake-token", response={201: Intake}, auth=INTEGRATIONS)
def make_intake_token(request: HttpRequest, service_id: UUID) -> Intake:
    """A new token for events from elsewhere; the one before stops working."""
    service = service_of(access_of(request), service_id)
    url = f"http://{settings.SWITCHHOOK.intake_listen}/v1/services/{service.id}/events"
    return Intake(url=url, token=actions.make_intake_token(service))


@router.delete(f"{_ONE}/intake-token", response={204: None}, auth=INTEGRATIONS)
def close_intake(request: HttpRequest, service_id: UUID) -> None:
    """Nothing comes in from elsewhere any more."""
    actions.close_intake(service_of(access_of(request), service_id))


def _once(menus: list[MenuShape]) -> list[MenuShape]:
    """The menus, if each context is there once. Raises Problem 422."""
    contexts = [one.context for one in menus]
    twice = [place for place, context in enumerate(contexts) if context in contexts[:place]]
    if twice:
        raise invalid([
            Mistake(where=f"menus.{place}.context", message="This context is in the list twice.") for place in twice])
    return menus


def _stamped(service: Service, response: HttpResponse) -> ReadingShape:
    shape = _shape(service)
    stamp(response, shape)
    return shape


def _shape(service: Service) -> ReadingShape:
    return ReadingShape(
        trunks=service.trunks, trunk_contexts=service.trunk_contexts, extensions=service.extensions,
        menus=[MenuShape.model_construct(context=context, name=name) for context, name in service.menus])
