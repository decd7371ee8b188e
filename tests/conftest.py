"""The fixtures, by what they provide: see the modules of tests/fixtures."""

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.processes",
    "tests.fixtures.pgbouncer",
    "tests.fixtures.receiver",
    "tests.fixtures.proxy",
    "tests.fixtures.lab",
    "tests.fixtures.browser",
    "tests.fixtures.portal",
    "tests.fixtures.node",
    "tests.fixtures.skips",
]
