"""Explaining: what an Answer says, in plain words, and what a person can do about it (portal, API, log)."""

from __future__ import annotations

import re
from http import HTTPStatus

from switchhook.domain.delivery import Answer, NoAnswer, Problem, Responded

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST_LOCATION = 300

_PROBLEMS: dict[Problem, tuple[str, str]] = {
    Problem.CANNOT_RENDER: (
        "The request could not be made from this integration and this event.",
        "Edit the integration and save it: the form shows what is wrong. The next attempt uses what you saved."),
    Problem.ADDRESS_FORBIDDEN: (
        "The address of the server is one that this account may not call.",
        "Addresses of private networks are refused unless the operator allows them for your account: ask the "
        "operator, or use a server that can be reached on the Internet."),
    Problem.NAME_NOT_FOUND: (
        "The name of the server does not exist.",
        "Check the spelling of the host name in the Request URL."),
    Problem.CONNECTION_REFUSED: (
        "The server refused the connection.",
        "Check that the program on the other side runs, and the port in the Request URL."),
    Problem.CANNOT_CONNECT: (
        "The server could not be reached.",
        "Check that the server is on, and that no firewall stands between."),
    Problem.CERTIFICATE: (
        "The server's certificate is not valid.",
        "Renew the certificate, install it with its whole chain, and check that it is for the host name in the "
        "Request URL."),
    Problem.TLS: (
        "No secure connection could be agreed with the server.",
        "The server must speak TLS 1.2 or newer at this port; when it speaks plain HTTP, the Request URL begins "
        "with http://."),
    Problem.CONNECT_TIMED_OUT: (
        "The server did not accept the connection in time.",
        "Check the host name and the port in the Request URL; a firewall may be dropping the connection."),
    Problem.TIMED_OUT: (
        "The server did not answer in time.",
        "The receiver should answer at once and do its work afterwards; or allow it more time in the integration."),
    Problem.CONNECTION_LOST: (
        "The server closed the connection before it had answered.",
        "Look into the receiver's own log for the moment of this attempt."),
    Problem.NOT_HTTP: (
        "What came back is no HTTP answer.",
        "Check the port in the Request URL, and whether it should begin with https://."),
}

_STATUSES: dict[int, str] = {
    400: "The receiver did not like what it got: compare the request keys and the format with what it expects.",
    401: "The receiver wants other credentials: check the Authentication of the integration.",
    403: "The receiver knows us but does not let us in: check the Authentication, and any list of allowed addresses.",
    404: "There is nothing at this URL: check the Request URL and the Path Arguments.",
    405: "The receiver does not take this method: change POST to GET, or GET to POST.",
    408: "The receiver got the request too slowly; it is tried again.",
    410: "The receiver says that this URL is gone for good: enter a new Request URL, then enable the integration.",
    411: "The receiver wants a body: choose POST and JSON.",
    413: "The request is too large for the receiver: send fewer fields.",
    414: "The URL is too long for the receiver: choose JSON, or send fewer fields.",
    415: "The receiver does not take this format: change JSON to QUERY, or QUERY to JSON.",
    422: "The receiver did not like the values: compare the request keys with what it expects.",
    429: "The receiver gets more requests than it wants; we slow down and try again.",
}

#: The statuses of which there is something of their own to say.
ADVISED_STATUSES = tuple(_STATUSES)


def explain(answer: Answer) -> str:
    """What happened, as a sentence."""
    match answer:
        case Responded(status=status) if 300 <= status <= 399 and status != 304 and (to := _moved_to(answer)):
            return f"The URL has moved to {to} (the server answered {named_status(status)})."
        case Responded(status=status):
            return f"The server answered {named_status(status)}."
        case NoAnswer(problem=problem, detail=detail):
            return _sentence(detail) or _PROBLEMS[problem][0]


def advice(answer: Answer) -> str:
    """What to do about it, as a sentence; empty when there is nothing to do."""
    match answer:
        case NoAnswer(problem=problem):
            return _PROBLEMS[problem][1]
        case Responded(status=status) if 200 <= status <= 299:
            return ""
        case Responded(status=status) if status in _STATUSES:
            return _STATUSES[status]
        case Responded(status=status) if 300 <= status <= 399:
            return "Redirects are not followed: enter the new address as the Request URL."
        case Responded(status=status) if status >= 500:
            return "The receiver has a problem of its own: look into its log. The delivery is tried again."
        case Responded():
            return "Look into the receiver's log to see why it answered this."


def named_status(status: int) -> str:
    """`503 Service Unavailable`; the bare number when it has no name."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _moved_to(answer: Responded) -> str:
    location = next((value for name, value in answer.headers if name.lower() == "location"), "")
    return _CONTROL.sub(" ", location[:_LONGEST_LOCATION]).strip()


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else text + "."
