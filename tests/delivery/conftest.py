"""The fixtures of tests.fixtures.delivering (`bench`, `open_database`, `database_away`), on the loop of engines."""

import uvloop

from tests.fixtures.delivering import bench, database_away, open_database

__all__ = ["bench", "database_away", "open_database"]


def pytest_asyncio_loop_factories() -> dict[str, type[uvloop.Loop]]:
    """uvloop differs from asyncio's own loop in small things, and is what a customer's deliveries go through."""
    return {"uvloop": uvloop.Loop}
