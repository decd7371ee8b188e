"""The history of an integration over the API, and going back to one of its versions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from switchhook.web.api.bearer import INTEGRATIONS, READ, access_of
from switchhook.web.api.integration_shapes import IntegrationShape
from switchhook.web.api.integrations import asked_by, locked_integration, one_integration, stamped
from switchhook.web.api.problems import Problem, not_found
from switchhook.web.api.shapes import Page, Shape
from switchhook.web.integrations import actions, history

router = Router()
_VERSIONS = "/integrations/{uuid:integration_id}/versions"


class ChangeShape(Shape):
    """One thing that changed. Secrets are masked."""

    what: str
    before: str
    after: str


class VersionShape(Shape):
    """How an integration stood after a change, and what had changed. `changes` null: there is nothing before it."""

    number: int
    at: datetime
    by: str
    what: str
    changes: list[ChangeShape] | None


@router.get(_VERSIONS, response=Page[VersionShape], auth=READ)
def list_integration_versions(request: HttpRequest, integration_id: UUID) -> Page[VersionShape]:
    """The last 100 versions, the newest first: who changed what and when."""
    row = one_integration(access_of(request), integration_id)
    return Page(data=[_shape(one) for one in history.versions(row, None, history.MOST_KEPT)])


@router.post(f"{_VERSIONS}/{{int:number}}/restore", response=IntegrationShape, auth=INTEGRATIONS)
def restore_integration_version(
    request: HttpRequest, integration_id: UUID, number: int, response: HttpResponse,
) -> IntegrationShape:
    """As it stood then, with the secrets of today; whether it is enabled stays as it is."""
    row = locked_integration(access_of(request), integration_id)
    version = row.versions.filter(number=number).first() if number < 2**31 else None
    if version is None:
        raise not_found("version")
    try:
        missing = actions.restore(row, version, by=asked_by(request))
    except (ValueError, KeyError) as error:
        raise Problem(409, "This version cannot be restored any more: change the integration instead.",
                      code="not_restorable") from error
    if missing:
        raise Problem(409, f"Secrets are not kept in the history, and this version needs: {', '.join(missing)}. Change "
                           "the integration instead, and send them.", code="secrets_missing")
    return stamped(row, response)


def _shape(one: history.Version) -> VersionShape:
    changes = None if one.changes is None else [
        ChangeShape(what=change.label, before=change.before, after=change.after) for change in one.changes]
    return VersionShape(number=one.row.number, at=one.row.at, by=one.row.by, what=one.row.what, changes=changes)
