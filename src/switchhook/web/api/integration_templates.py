"""Templates of integrations over the API: which there are, and a new integration from one of them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router
from pydantic import Field, StrictBool

from switchhook.domain.catalogue import EventType, Level
from switchhook.domain.integration import BasicAuth, Format, Method, NoAuth, TokenAuth
from switchhook.web.api.bearer import INTEGRATIONS, READ, access_of
from switchhook.web.api.integration_shapes import (
    AuthenticationType,
    BodyKeyShape,
    Created,
    HeaderShape,
    IntegrationChange,
    applied,
)
from switchhook.web.api.integrations import asked_by, place_for, with_secret
from switchhook.web.api.problems import not_found
from switchhook.web.api.shapes import Page, Shape, Text
from switchhook.web.integrations import actions
from switchhook.web.integrations.forms import blank
from switchhook.web.integrations.prepared import Prepared, offered, prepared

router = Router()


class TemplateShape(Shape):
    """A template: everything of an integration but its URL and its secret."""

    key: str
    title: str
    group: str
    about: str
    event_type: EventType
    level: str = Field(description="service: of one PBX, whose service_id it needs; account: of the account")
    request_url: str = Field(description="Empty: you give it.")
    url_like: str
    where: str = Field(description="Where the URL and the secret are found.")
    documented_at: str
    method: Method
    format: Format
    headers: list[HeaderShape]
    body_keys: list[BodyKeyShape] = Field(description="Empty: every field of the event, under its own name.")
    authentication_type: AuthenticationType
    signed: bool


class FromTemplate(Shape):
    """What the template leaves open."""

    service_id: UUID | None = None
    request_url: Text | None = Field(default=None, description="Without: the template's own, if it has one.")
    name: Text | None = Field(default=None, description="Without: the template's title.")
    username: Text | None = Field(default=None, max_length=255)
    password: Text | None = None
    token: Text | None = None
    signed: StrictBool | None = Field(default=None, description="Without: as the template says.")
    enabled: StrictBool = True


@router.get("/integration-templates", response=Page[TemplateShape], auth=READ)
def list_integration_templates(request: HttpRequest) -> Page[TemplateShape]:
    """The templates whose events this account may have."""
    return Page(data=[_shape(one) for one in offered(access_of(request).account.granted_events)])


@router.post("/integration-templates/{key}", response={201: Created}, auth=INTEGRATIONS)
def create_from_template(request: HttpRequest, key: str, wanted: FromTemplate, response: HttpResponse) -> Created:
    """Create an integration from a template. The signing secret is in this answer and in no other."""
    access = access_of(request)
    template = prepared(key, access.account.granted_events)
    if template is None:
        raise not_found("template")
    needs_service = template.level is Level.SERVICE
    service = place_for(access, wanted.service_id, needed=needs_service)
    change = IntegrationChange(**wanted.model_dump(
        exclude_unset=True, include={"request_url", "name", "username", "password", "token"}))
    order = replace(applied(template.applied(blank(access.account.id, wanted.service_id)), change),
                    enabled=wanted.enabled)
    signed = template.signed if wanted.signed is None else wanted.signed
    row = actions.create(access.account, service, order, signed=signed, by=asked_by(request))
    response["Location"] = reverse("api-1:get_integration", kwargs={"integration_id": row.id})
    return with_secret(row, response)


def _shape(one: Prepared) -> TemplateShape:
    kinds: dict[type, AuthenticationType] = {NoAuth: "none", BasicAuth: "basic", TokenAuth: "token"}
    return TemplateShape(
        key=one.key, title=one.title, group=one.group, about=one.about, event_type=one.event_type,
        level=one.level.value, request_url=one.request_url, url_like=one.url_like, where=one.where.strip(),
        documented_at=one.documented_at, method=one.method, format=one.format,
        headers=[HeaderShape(name=row.name, value=row.value, secret=row.secret) for row in one.headers],
        body_keys=[BodyKeyShape(key=row.key, field=row.field, text=row.text) for row in one.body_keys],
        authentication_type=kinds[type(one.authentication)], signed=one.signed)
