"""A web server on loopback that lets one read a folder, with ranges, for who shows the token."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

TOKEN = "Bearer of-files"


@web.middleware
async def _who(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.headers.get("Authorization") != TOKEN:
        raise web.HTTPForbidden
    return await handler(request)


@contextmanager
def over_http(folder: Path, port: int) -> Iterator[None]:
    """Serve the folder on that port."""
    app = web.Application(middlewares=[_who])
    app.router.add_static("/", folder)
    loop, runner = asyncio.new_event_loop(), web.AppRunner(app, shutdown_timeout=0.1)

    async def begin() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    loop.run_until_complete(begin())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
