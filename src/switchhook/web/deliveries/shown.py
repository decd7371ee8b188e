"""A Request as people read it: as it goes over the wire, and as a curl command to try it with. Secrets are masked."""

from __future__ import annotations

import json
import shlex
from urllib.parse import urlsplit

from switchhook.domain.delivery import Request
from switchhook.domain.request_url import without_lone_surrogates

#: Stands where a secret was.
MASK = "••••"


def masked(request: Request) -> tuple[tuple[str, str], ...]:
    """The request's headers, secret values masked."""
    return tuple((name, MASK if name.lower() in request.secret_headers else value) for name, value in request.headers)


def as_http(request: Request, *, pretty_body: bool = False) -> str:
    """The request as HTTP/1.1 text."""
    url = urlsplit(request.url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {url.netloc}"]
    lines += [f"{name}: {value}" for name, value in masked(request)]
    head = "\n".join(lines)
    if request.body is None:
        return head + "\n"
    return f"{head}\n\n{(pretty(request.body) if pretty_body else None) or text(request.body)}"


def as_curl(request: Request) -> str:
    """The request as a curl command; who copies it puts the masked secrets in."""
    parts = [f"curl -X {request.method} {shlex.quote(request.url)}"]
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in masked(request)]
    if request.body is not None:
        parts.append(f"--data-binary {shlex.quote(text(request.body))}")
    return " \\\n  ".join(parts)


def text(body: bytes) -> str:
    """A body as text; what is no UTF-8 shows as U+FFFD."""
    return body.decode("utf-8", errors="replace")


def pretty(body: bytes) -> str | None:
    """A JSON body, indented; None when it is no JSON, or no longer whole."""
    try:
        return without_lone_surrogates(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
    except (ValueError, RecursionError):
        return None
