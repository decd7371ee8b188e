"""Rules: which menus are surveys, and who is told of which score (rules.toml). Pure but for reading the file."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from string import Template
from typing import Any

from nps.hook import Choice
from nps.messages import Entry, Message
from nps.scoring import group_of, score_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One e-mail for each score from `least` to `most`."""

    least: int
    most: int
    mail_to: str
    subject: Template
    text: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`menus`: globs of the names of menus that are surveys."""

    menus: tuple[str, ...]
    mails: tuple[Rule, ...]


def load_rules(path: Path) -> Rules:
    """The rules of the file. Raises ValueError that says what is wrong."""
    try:
        told = tomllib.loads(path.read_text())
        menus = tuple(str(menu) for menu in told.get("survey", {}).get("menus", ["*"]))
        return Rules(menus=menus, mails=tuple(_rule(one) for one in told.get("mail", [])))
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: {error!r}") from error


def judge(choice: Choice, rules: Rules) -> tuple[int | None, str]:
    """The score that counts; or None, and why it does not."""
    if choice.is_test:
        return None, "a test"
    if not any(fnmatchcase(choice.menu, menu) for menu in rules.menus):
        return None, "this menu is no survey"
    score = score_of(choice.option)
    return (None, "not a score from 0 to 10") if score is None else (score, "")


def messages(choice: Choice, score: int, rules: Rules, *, mails: bool, crm_url: str) -> list[Message]:
    """What is to be sent because of a score. Two rules with one address make one e-mail: the first rule's."""
    values = {
        "score": str(score),
        "group": group_of(score).value,
        "menu": choice.menu,
        "caller": choice.source or "withheld",
        "called": choice.destination,
        "at": choice.at.isoformat(" ", "seconds"),
        "call": choice.call_uuid,
        "user": choice.user or choice.extension or "nobody",
    }
    wanted = {rule.mail_to: rule for rule in reversed(rules.mails) if rule.least <= score <= rule.most}
    found = (
        [
            Message(
                kind="mail",
                target=rule.mail_to,
                subject=rule.subject.substitute(values),
                body=rule.text.substitute(values),
            )
            for rule in wanted.values()
        ]
        if mails
        else []
    )
    if crm_url:
        found.append(Message(kind="crm", target=crm_url, subject="", body=_crm_entry(choice, score).written()))
    return found


def _crm_entry(choice: Choice, score: int) -> Entry:
    return Entry(
        score=score,
        group=group_of(score).value,
        survey=choice.menu,
        call_uuid=choice.call_uuid,
        source_number=choice.source or None,
        destination_number=choice.destination,
        date_time=choice.at.isoformat(),
        user=choice.user or None,
        extension=choice.extension or None,
    )


def _rule(told: dict[str, Any]) -> Rule:
    least, most = _scores(told["scores"])
    rule = Rule(
        least=least,
        most=most,
        mail_to=str(told["to"]),
        subject=Template(str(told["subject"]).strip()),
        text=Template(str(told["text"])),
    )
    unknown = {*rule.subject.get_identifiers(), *rule.text.get_identifiers()} - {
        "score",
        "group",
        "menu",
        "caller",
        "called",
        "at",
        "call",
        "user",
    }
    if unknown or not rule.subject.is_valid() or not rule.text.is_valid():
        raise ValueError(f"unknown value ${', $'.join(sorted(unknown))}" if unknown else "a $ too much; write $$")
    if "@" not in rule.mail_to or "\n" in rule.mail_to + rule.subject.template:
        raise ValueError(f"the e-mail address or the subject is wrong: {rule.mail_to}")
    return rule


def _scores(told: Sequence[int]) -> tuple[int, int]:
    least, most = told
    if not 0 <= least <= most <= 10:
        raise ValueError(f"scores = [{least}, {most}]: write the least and the most, from 0 to 10")
    return least, most
