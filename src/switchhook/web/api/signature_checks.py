"""Why a signature fails, over the API: what is sent is checked, and neither stored nor logged."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from switchhook.domain.checks import Mistake
from switchhook.domain.pasted import Unreadable, read_pasted
from switchhook.web.api.bearer import INTEGRATIONS, access_of
from switchhook.web.api.integrations import one_integration
from switchhook.web.api.problems import invalid
from switchhook.web.api.shapes import Shape
from switchhook.web.integrations.signature_check import about_secret, diagnosis_of, secrets_of

router = Router()


class Refused(Shape):
    """A request that a receiver refused."""

    request: str = Field(min_length=1, description="Raw HTTP with its headers, or a curl command.")
    body: str = Field(default="", description="Only if it is not in `request`.")
    secret: str = Field(default="", max_length=200, description="What your receiver has: is it the right one?")


class Checked(Shape):
    """What is wrong with the signature, in words, or that it is good."""

    good: bool
    said: str
    more: list[str]
    secret: str = Field(description="What there is to say of `secret`; empty: none was sent.")


@router.post("/integrations/{uuid:integration_id}/signature-checks", response=Checked, auth=INTEGRATIONS)
def check_signature(request: HttpRequest, integration_id: UUID, refused: Refused) -> Checked:
    """Why does this request's signature fail?"""
    access = access_of(request)
    row = one_integration(access, integration_id)
    try:
        pasted = read_pasted(refused.request, refused.body)
    except Unreadable as error:
        raise invalid([Mistake(where="request", message=str(error))]) from error
    secrets = list(secrets_of(access, row))
    told = diagnosis_of(access, row, pasted, secrets)
    return Checked(good=told.good, said=told.said, more=list(told.more),
                   secret=about_secret(refused.secret.strip(), secrets))
