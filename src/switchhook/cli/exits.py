"""How a command ends: exit codes that a script can rely on (docs/command-line.md), and the errors that have them."""

from __future__ import annotations

from enum import IntEnum

from switchhook.domain.errors import SwitchhookError


class ExitCode(IntEnum):
    """What a command's exit code says. From 64 on they are those of sysexits.h."""

    DONE = 0
    FAILED = 1  # it was tried, and what came of it is not good
    DIFFERS = 2  # a comparison found differences; nothing is wrong
    USAGE = 64  # the command is written wrongly
    BAD_DATA = 65  # a file, or what was asked for, is wrong in itself
    NOT_FOUND = 66  # there is no such thing, or the token may not see it
    UNAVAILABLE = 69  # the server cannot be reached, or is broken
    BUSY = 75  # too many requests: later
    NOT_ALLOWED = 77  # the token does not work, or lacks a scope
    NOT_LOGGED_IN = 78  # neither a login nor SWITCHHOOK_URL and SWITCHHOOK_TOKEN


class CommandError(SwitchhookError):
    """A command cannot go on. The text is for the person at the terminal."""

    exit_code = ExitCode.FAILED


class BadData(CommandError):
    """A file, or what was asked for, is wrong in itself."""

    exit_code = ExitCode.BAD_DATA


class NotFound(CommandError):
    """There is no such thing."""

    exit_code = ExitCode.NOT_FOUND


class Unavailable(CommandError):
    """The server cannot be reached, or is broken. Another try may do."""

    exit_code = ExitCode.UNAVAILABLE


class Busy(CommandError):
    """Too many requests."""

    exit_code = ExitCode.BUSY


class NotAllowed(CommandError):
    """The token does not work, or may not do this."""

    exit_code = ExitCode.NOT_ALLOWED


class NotLoggedIn(CommandError):
    """It is not known where the server is, or by which token."""

    exit_code = ExitCode.NOT_LOGGED_IN
