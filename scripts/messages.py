#!/usr/bin/env python3
"""Gather all texts of the portal into the catalogues of its languages: `make messages`, after a text was changed.

`django.po` has what the web says: {% translate %} in templates, gettext in Python. `domain.po` has what the domain and
the engine tell in English, gathered from their code, f-strings as templates (web/saying.py says them). What is new has
no translation then, what was reworded is marked fuzzy, and what is gone is dropped: tests/web/test_languages.py tells
what is left to do. `make messages LANGUAGE=fr` begins another language.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "src/switchhook"
LOCALE = HOUSE / "web/locale"

#: Where sentences are told that pages show: all strings of more than one word in these, and single words of some.
TELLERS = (
    "domain/catalogue.py", "domain/checks.py", "domain/detection.py", "domain/directory.py", "domain/endings.py",
    "domain/explaining.py", "domain/failing.py", "domain/filter_checks.py", "domain/filters.py",
    "domain/guided_call.py", "domain/handling.py", "domain/integration_file.py", "domain/judging.py", "domain/menus.py",
    "domain/milestones.py", "domain/narrator.py", "domain/outcome.py", "domain/pasted.py", "domain/recordings.py",
    "domain/rendering.py", "domain/request_url.py", "domain/sealing.py", "domain/signature_check.py",
    "domain/signing.py", "domain/templates.py", "domain/tracker.py", "domain/validation.py", "delivery/deliverer.py",
    "delivery/dispatcher.py", "delivery/errands.py", "delivery/failures.py", "delivery/guard.py", "delivery/names.py",
    "delivery/recovery.py", "delivery/tls.py", "delivery/watch.py", "pbx/ami_asking.py", "pbx/ami_session.py",
    "pbx/asterisk_inventory.py", "pbx/connector.py", "pbx/detecting.py", "pbx/directories.py", "pbx/esl_session.py",
    "pbx/freeswitch_inventory.py", "pbx/fusionpbx_database.py", "pbx/line.py", "pbx/pbx_errands.py",
    "pbx/pbx_socket.py", "pbx/pbx_tls.py", "pbx/user_listings.py", "store/work/configuration.py",
    "store/work/disabling.py", "web/accounts/erasing.py", "web/accounts/quotas.py", "web/audit/actor.py",
    "web/audit/changes.py", "web/audit/logins.py", "web/calls/passed_over.py", "web/calls/timeline.py",
    "web/integrations/actions.py", "web/integrations/history.py", "web/integrations/prepared.py",
    "web/integrations/signature_check.py", "web/integrations/signature_page.py", "web/integrations/views.py",
    "web/members/links.py", "web/members/sessions.py", "web/services/actions.py", "web/tenancy.py",
)
#: Calls whose words no page shows: programming errors, logs, SQL.
_SILENT = re.compile(
    r"(ValueError|TypeError|KeyError|LookupError|SettingsError|Http404|.*log(ger)?\.\w+|execute|.*\.execute|TypeVar|"
    r"_|_lazy|.*\.removeprefix|re\.compile|compile|.*connect|HKDF)$")
#: Words of code: SQL, patterns, names of headers and variables.
_CODE = re.compile(
    r"[A-Z_]{6,} |SELECT|INSERT|UPDATE |DELETE FROM|account_id =|service_id =|\bNULL\b|:id$|[a-z]=%s|application/|"
    r"text/|^(api|show|auth|event json|sofia|CUSTOM|switchhook|POST) |^directory log$|^xml_|^userauth|^Basic \{|^\{\"|"
    r"^[a-z_]+( [a-z_]+)* v1$|^# Integrations|\(\?|\\d|\.\*\?|"
    r"^(Ada Example|Head Office|CRM: screen pop)$|^Nothing but failures for 5 days")
#: Where single words are labels, too.
LABELLERS = (
    "domain/catalogue.py", "domain/filters.py", "web/accounts/quotas.py", "web/integrations/actions.py",
    "web/integrations/history.py", "web/integrations/prepared.py", "web/tenancy.py")
_LABEL = re.compile(r"[A-Z]+[a-z][a-zA-Z-]+$|CRM$")
_STRING = r"u?(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
_CALL = re.compile(rf"\b(p?gettext|n?gettext|_)\(\s*({_STRING})(?:\s*,\s*({_STRING}))?")
_KEYWORDS = {
    "_": None, "_lazy": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext_lazy": ((1, "c"), 2, 3)}

Text = str | tuple[str, str]


def web() -> Catalog:
    """What the web says."""
    told = Catalog(domain="django", fuzzy=False)
    for path in sorted((HOUSE / "web/templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            for context, text in _of_template(path):
                told.add(text, context=context or None, locations=[(_place(path), 0)])
    for path in sorted((HOUSE / "web").rglob("*.py")):
        with path.open("rb") as code:
            for _line, function, texts, _comments in extract_python(code, _KEYWORDS, [], {}):
                known = (texts,) if isinstance(texts, str) else tuple(text for text in texts if text)
                context = known[0] if "pgettext" in function else None
                rest = known[1:] if context else known
                if rest:  # else what is looked up stands in a variable
                    text = rest[:2] if function.startswith("n") else rest[0]
                    told.add(text, context=context, locations=[(_place(path), 0)])
    return told


def _of_template(path: Path) -> Iterator[tuple[str, Text]]:
    """The texts of a template with their contexts, as Django itself gathers them."""
    from django.conf import settings

    if not settings.configured:
        settings.configure()
    from django.utils.translation.template import templatize

    for function, first, second in _CALL.findall(templatize(path.read_text())):
        one, other = ast.literal_eval(first), ast.literal_eval(second) if second else ""
        if function == "pgettext":
            yield one, other
        else:
            yield "", (one, other) if function == "ngettext" else one


def domain() -> Catalog:
    """What the domain and the engine tell."""
    told = Catalog(domain="domain", fuzzy=False)
    for name in TELLERS:
        for text in _sentences(HOUSE / name, labels=name in LABELLERS):
            told.add(text, locations=[(name, 0)])
    for path in sorted((HOUSE / "web/integrations/prepared").glob("*.yaml")):
        prepared = yaml.safe_load(path.read_text())
        for text in (prepared["title"], prepared["group"], prepared["about"], prepared["where"]):
            told.add(text, locations=[(_place(path), 0)])
    for text in _words():
        told.add(text, locations=[("domain", 0)])
    return told


def _words() -> Iterator[str]:
    """Names of values, as pages show them."""
    from switchhook.domain.catalogue import CALL_TYPES, EVENTS, FIELDS, Availability
    from switchhook.domain.delivery import DeliveryState, Problem
    from switchhook.domain.facts import Direction
    from switchhook.domain.filters import DAYS, SUBJECTS

    yield from CALL_TYPES
    yield from ("revoked", "expired", "no integration wanted it", "Not logged in", "users", "PBXs", "integrations")
    yield from dict.fromkeys(spec.group for spec in FIELDS.values())
    yield from (one.value for one in Availability)
    yield from (spec.label for spec in (*FIELDS.values(), *EVENTS.values(), *SUBJECTS.values()))
    yield from (day.title() for day in DAYS)
    yield from ("{day} {begins}-{ends}", "{first}-{last} {begins}-{ends}")  # business hours
    yield from (spec.label.lower() for spec in SUBJECTS.values())
    for enum in (DeliveryState, Problem, Direction):
        yield from (one.value.replace("_", " ").capitalize() for one in enum)


def _sentences(path: Path, *, labels: bool) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            continue
        parent = parents[node]
        if isinstance(parent, ast.BinOp | ast.JoinedStr | ast.FormattedValue | ast.Expr | ast.Compare):
            continue  # a part of another, or a docstring
        call = parents[parent] if isinstance(parent, ast.keyword) else parent
        if isinstance(call, ast.Call) and _SILENT.match(ast.unparse(call.func)):
            continue
        text = _template(node)
        own = re.sub(r"\{\w+\}", "", text)
        wordy = len(re.findall(r"[A-Za-z]{2,}", own)) > 1 or (text != own and re.search(r"[a-z]{3}", own))
        labelling = labels and _LABEL.match(text)
        if ((wordy and " " in own) or labelling) and not _CODE.search(text):
            yield text


def _template(node: ast.expr) -> str:
    """A string, an f-string or a sum of them as a template: values in braces, named after what they are."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            names: dict[str, str] = {}
            return "".join(
                str(part.value).replace("{", "{{").replace("}", "}}") if isinstance(part, ast.Constant)
                else f"{{{_name(part, names)}}}" for part in parts)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            first, second = _template(left), _template(right)
            return (first or "{begin}") + (second or "{rest}") if first or second else ""
        case _:
            return ""


def _name(part: ast.expr, names: dict[str, str]) -> str:
    """What a value is called: `fact.caller_number` is caller_number."""
    code = ast.unparse(part.value if isinstance(part, ast.FormattedValue) else part)
    words = [word for word in re.split(r"\W+", re.sub(r"'[^']*'", "", code)) if word and not word.isdecimal()]
    name = words[-1] if words and words[-1] not in ("value", "name", "join") else "_".join(words[-2:])
    name = (name or "value").lower().strip("_") or "value"
    while names.setdefault(name, code) != code:
        name += "_too"
    return name


def _place(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def update(language: str) -> None:
    """Bring a language's catalogues up to date."""
    for told in (web(), domain()):
        path = LOCALE / language / f"LC_MESSAGES/{told.domain}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            with path.open("rb") as file:
                known = read_po(file, locale=language, domain=told.domain)
        else:
            known = Catalog(
                locale=language, domain=told.domain, fuzzy=False, project="Switchhook", version="1",
                msgid_bugs_address="-", last_translator="-", language_team="-", copyright_holder="-")
        known.update(told, update_creation_date=False)
        known.obsolete.clear()
        what = "the web says" if told.domain == "django" else "the domain tells"
        known.header_comment = f"# What {what}, in {language}."
        with path.open("wb") as file:
            write_po(file, known, width=120, sort_output=True, include_lineno=False)
        undone = sum(1 for one in known if one.id and (one.fuzzy or not one.string or not all(one.string)))
        print(f"{path.relative_to(ROOT)}: {len(known)} texts, {undone} to do")


if __name__ == "__main__":
    for code in sys.argv[1:] or sorted(one.name for one in LOCALE.iterdir()):
        update(code)
