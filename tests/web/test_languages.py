"""The portal in German: nothing is left in English, and what leaves the house is English whoever asks."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.utils.translation import override
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from switchhook.domain.catalogue import EventType
from switchhook.web.saying import said
from switchhook.web.templatetags.portal import ago, written
from tests.web import test_every_page
from tests.web.conftest import World
from tests.web.furnished import Furnished
from tests.web.made_up import House
from tests.web.test_every_page import OF_ACCOUNT, OF_OPERATOR, WAY_IN, furnished, logged_in, pages, walk

__all__ = ["furnished"]  # a fixture

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "src/switchhook/web/templates"
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
CATALOGUES = [(code, domain) for code in LANGUAGES for domain in ("django", "domain")]

#: Words on pages that no language says otherwise: units, names of formats, and what is typed as it stands.
SAID_ALIKE = {"ms", "s", "5", "TLS", "HTTP", "API", "curl", "X-Source", "caller.number", "FusionPBX", "—"}
TYPED = ("curl -d hello", 'curl -H "Authorization: Bearer')
SHOWN_ATTRIBUTES = ("title", "placeholder", "aria-label", "alt", "label", "hint", "data-label")


def gathered() -> ModuleType:
    """scripts/messages.py, which gathers what there is to say."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / "scripts/messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def catalogue(language: str, domain: str) -> Catalog:
    path = ROOT / f"src/switchhook/web/locale/{language}/LC_MESSAGES/{domain}.po"
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def texts(catalog: Catalog) -> set[tuple[str, Any]]:
    return {(one.context or "", one.id) for one in catalog if one.id}


# -- templates -----------------------------------------------------------------------------------------------------


class Shown(HTMLParser):
    """What a page shows to people: its text, and the attributes that are read out or shown."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style", "code", "kbd", "pre")
        self.texts += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value and not self._silent]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "code", "kbd", "pre")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def unmarked(template: str) -> Iterator[str]:
    """Words of a template that are not marked for translation."""
    template = re.sub(r"\{% (blocktranslate|comment).*?\{% end\1 %\}", "", template, flags=re.DOTALL)
    literal = r"\|(?:default|yesno|default_if_none):(\"[A-Za-z][^\"]*\")(?![\w|]*\|said)"
    yield from re.findall(literal, template)
    yield from re.findall(r"\|pluralize(?::\"[^\"]*\")?", template)
    shown = Shown()
    shown.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", template, flags=re.DOTALL))
    for text in shown.texts:
        alike = set(re.findall(r"[\w.-]+", text)) <= SAID_ALIKE or text.strip().startswith(TYPED)
        if re.search(r"[A-Za-z]", text) and not alike:
            yield text.strip()


def test_every_word_of_a_template_is_marked() -> None:
    known = {"info"}  # a class of messages
    left = [f"{path.relative_to(TEMPLATES)}: {text}" for path in sorted(TEMPLATES.rglob("*.html"))
            for text in unmarked(path.read_text()) if text.strip('"') not in known]
    assert not left, "mark with {% translate %} or {% blocktranslate %}:\n" + "\n".join(left)


def test_an_unmarked_word_is_found() -> None:
    assert list(unmarked('<p title="Help">{{ name }} is new</p>')) == ["Help", "is new"]
    assert list(unmarked('{{ name|default:"nobody" }}')) == ['"nobody"']
    assert list(unmarked_in_code('messages.info(request, f"{name} is new")')) == ["f'{name} is new'"]
    assert not list(unmarked('<p>{% translate "New" %} {{ name|default:_("nobody") }} <code>curl</code> 5 ms</p>'))


def unmarked_in_code(code: str) -> Iterator[str]:
    """Labels and helps of forms, and messages to people, that are plain strings."""
    for call in (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        told = [one.value for one in call.keywords if one.arg in ("label", "help_text") and "Field" in name]
        if name.startswith("messages.") or name.endswith(("ValidationError", ".add_error")):
            told += call.args
        for one in told:
            plain = isinstance(one, ast.Constant) and isinstance(one.value, str) and " " in one.value
            if plain or isinstance(one, ast.JoinedStr):
                yield ast.unparse(one)


def test_every_word_of_a_form_and_a_message_is_marked() -> None:
    web = ROOT / "src/switchhook/web"
    shown = [path for path in sorted(web.rglob("*.py")) if path.relative_to(web).parts[0] not in ("api", "migrations")]
    left = [f"{path.relative_to(web)}: {text}" for path in shown for text in unmarked_in_code(path.read_text())]
    assert not left, "mark with gettext (web/saying.py tells what is said otherwise):\n" + "\n".join(left)


# -- catalogues ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_the_catalogue_has_what_the_code_says(language: str, domain: str) -> None:
    messages = gathered()
    wanted = texts(messages.web() if domain == "django" else messages.domain())
    there = texts(catalogue(language, domain))
    assert (wanted - there, there - wanted) == (set(), set()), "run `make messages`, then translate what is new"


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_everything_is_translated(language: str, domain: str) -> None:
    left = [one.id for one in catalogue(language, domain) if one.id and (one.fuzzy or not all(_strings(one)))]
    assert not left, f"translate in locale/{language}/LC_MESSAGES/{domain}.po: {left}"


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_translations_have_the_same_places_for_values_and_the_same_tags(language: str, domain: str) -> None:
    wrong = []
    for one in catalogue(language, domain):
        for english, word in zip(_ids(one), _strings(one), strict=True) if one.id else ():
            if _places(english) != _places(word):
                wrong.append(f"{english!r}: {word!r}")
    assert not wrong, "\n".join(wrong)


def _ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, tuple | list) else (str(message.id),)


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (str(message.string),)


def _places(text: str) -> tuple[Any, ...]:
    """Places for values (each at least once, in whatever order), tags, doubled percent signs and spaces at the ends."""
    return (set(re.findall(r"%\(\w+\)\w|\{\w+\}", text)), Counter(re.findall(r"<[^>]+>", text)), "%%" in text,
            len(text) - len(text.lstrip()), len(text) - len(text.rstrip()))


def test_whatever_in_the_domain_tells_pages_something_is_gathered() -> None:
    domain = ROOT / "src/switchhook/domain"
    tells = {f"domain/{path.name}" for path in domain.glob("*.py")
             if re.search(r"\.(note|tell|withhold)\(|\bMistake\(where", path.read_text())}
    assert not tells - set(gathered().TELLERS), "add them to TELLERS in scripts/messages.py"


# -- what speaks German --------------------------------------------------------------------------------------------


def test_before_the_login_the_browser_says_in_which_language(client: Client) -> None:
    german = client.get("/login/", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert '<html lang="de"' in german.text
    assert "Passwort" in german.text
    assert german["Content-Language"] == "de"
    assert "Accept-Language" in german["Vary"]
    assert '<html lang="en"' in client.get("/login/", headers={"Accept-Language": "fr"}).text


def test_who_asks_for_no_language_that_there_is_gets_the_brands(
    client: Client, monkeypatch: pytest.MonkeyPatch,
) -> None:
    german = replace(settings.BRANDS, default=replace(settings.BRANDS.default, language="de"))
    monkeypatch.setattr(settings, "BRANDS", german)
    assert '<html lang="de"' in client.get("/login/", headers={"Accept-Language": "fr"}).text
    assert '<html lang="en"' in client.get("/login/", headers={"Accept-Language": "en"}).text


def test_a_members_own_language_wins(admin: Client, world: World) -> None:
    profile = {"name": "Ada Example", "email": world.admin.email, "language": "de"}
    admin.post("/me/", profile, headers={"Accept-Language": "en"})
    page = admin.get(f"/a/{world.account.slug}/", headers={"Accept-Language": "en"}).text
    assert '<html lang="de"' in page
    assert "Meine Verwaltung" in page
    assert "Zustellungen" in page


def test_numbers_and_dates_are_written_as_the_language_writes_them() -> None:
    moment = datetime(2026, 3, 5, 9, 7, 3, tzinfo=UTC)
    with override("de"):
        assert (written(moment), written(moment, "%-d %b %H:%M")) == ("05.03.2026 09:07:03", "5. Mär 09:07")
        assert "vor 3\xa0Tagen" in str(ago({}, datetime.now(UTC) - timedelta(days=3)))
    assert (written(moment), written(moment, "%-d %b %H:%M")) == ("2026-03-05 09:07:03", "5 Mar 09:07")


@pytest.mark.parametrize(("english", "german"), [
    ("Inbound Call Answered", "Eingehender Anruf angenommen"),
    ("The call reached the menu NPS.", "Der Anruf erreichte das Sprachmenü NPS."),
    ("a call from 12025550171 came in over PJSIP/trunk to 12025550101",
     "ein Anruf von 12025550171 ging über PJSIP/trunk an 12025550101 ein"),
    ("The server answered 503 Service Unavailable. The next attempt is the last.",
     "Der Server antwortete 503 Service Unavailable. Der nächste Versuch ist der letzte."),
    ("192.168.1.4 is a private address, and the operator has not allowed this account to call it.",
     "192.168.1.4 ist eine private Adresse, und der Betreiber hat diesem Konto nicht erlaubt, sie aufzurufen."),
    ("crm.example.com leads to 127.0.0.1, a loopback address, and the operator has not allowed this account to call it",
     "crm.example.com führt zu 127.0.0.1, eine Loopback-Adresse; der Betreiber hat diesem Konto nicht erlaubt, sie "
     "aufzurufen"),
    ("filter: source number 12025550171 is none of 1202555*",
     "Filter: Quellrufnummer 12025550171 ist keines von 1202555*"),
    ("{caller} stands for nothing. Did you mean {name}?", "{caller} steht für nichts. Meinten Sie {name}?"),
    ("Nobody took the call (missed).", "Niemand nahm den Anruf an (missed)."),
    ("What a person wrote.", "What a person wrote."),
])
def test_a_stored_sentence_is_said_in_german(english: str, german: str) -> None:
    with override("de"):
        assert said(english) == german
    assert said(english) == english


def test_no_english_is_left_on_any_page(
    furnished: Furnished, admin: Client, operator: Client, client: Client,
) -> None:
    """A text that the catalogue has in English and has another word for stands on no page."""
    english = {
        str(one.id): one for domain in ("django", "domain") for one in catalogue("de", domain)
        if isinstance(one.id, str) and one.id and one.id != one.string and "%(" not in one.id and "{" not in one.id}
    german = {str(one.string) for domain in ("django", "domain") for one in catalogue("de", domain) if one.id}
    left, named = [], {"Admin", "Viewer", "Other"}  # people and accounts of the tests
    for who, found in ((client, WAY_IN), (admin, OF_ACCOUNT), (operator, OF_OPERATOR)):
        for path in map(furnished.path, found):
            shown, answer = Shown(), who.get(path, headers={"Accept-Language": "de"})
            if answer.status_code != 200 or getattr(answer, "streaming", False) or "<html" not in answer.text[:300]:
                continue
            shown.feed(answer.text)
            left += [f"{path}: {text.strip()}" for text in shown.texts
                     if text.strip() in english.keys() - german - named and not _as_it_is(path, text.strip())]
            assert '<html lang="de"' in answer.text, path
            assert not re.search(r"<(svg|rect|path|progress)[^>]*=\"-?\d+,\d", answer.text), f"{path}: a drawing"
    assert not left, "\n".join(sorted(set(left)))


def _as_it_is(path: str, text: str) -> bool:
    """Columns of a CSV file are called the same in all languages; the audit log shows values as they are stored."""
    if "/audit/" in path:
        return text == "none"
    columns = ("Extension Number", "Outbound Phone Number", "Has Voicemail", "Enabled Calls")
    return "/import/" in path and text in columns


# -- what stays English ----------------------------------------------------------------------------------------------


def test_the_api_speaks_english_whoever_asks(admin: Client, world: World) -> None:
    world.admin.language = "de"
    world.admin.save()
    german = {"Accept-Language": "de"}
    problem = admin.get("/api/v1/services", headers=german)
    assert problem.status_code == 401
    assert "token" in json.dumps(problem.json())
    assert not re.search("[äöüß]|nicht|Sie ", problem.text)
    assert admin.get("/api/v1/openapi.json", headers=german).text == Client().get("/api/v1/openapi.json").text


def test_what_is_stored_is_english_in_whatever_language_it_was_done(admin: Client, world: World) -> None:
    house = House(world)
    row = house.integration(EventType.INBOUND_RECEIVED)
    admin.post(f"/a/{world.account.slug}/integrations/{row.id}/disable/", headers={"Accept-Language": "de"})
    row.refresh_from_db()
    assert not row.enabled
    assert row.disabled_reason == f"Disabled by {world.admin}."
    assert row.versions.order_by("-number")[0].what == "Disabled"


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.timeout(800)
@pytest.mark.django_db(transaction=True)
def test_every_page_is_well_in_german_too(
    page: Page, live_server: LiveServer, furnished: Furnished, operator: Client, admin: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """German words are long: nothing is wider than a telephone. What opens over a page covers what is below it."""
    unfold = test_every_page.UNFOLD.replace("details", "details:not([data-closes])")
    monkeypatch.setattr(test_every_page, "UNFOLD", unfold)
    page.set_extra_http_headers({"Accept-Language": "de"})
    logged_in(page, admin, live_server)
    walk(page, live_server.url, pages(admin, furnished, OF_ACCOUNT))
    logged_in(page, operator, live_server)
    walk(page, live_server.url, pages(operator, furnished, OF_OPERATOR))
