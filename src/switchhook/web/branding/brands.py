"""Brand: under which name and with which face the portal appears. One installation may have many, told apart by the
host name that a browser asks for.

`STATE_DIR/brands.toml` (or the setting `brands_file`) has a table for each:

    [myecn]
    hosts = ["hooks.ecn.example"]        # the first one stands in e-mails
    name = "myECN"                       # the product's name
    service_type = "myCloudPBX"          # what Trigger Service Type shows
    logo = "myecn.svg"                   # beside this file: SVG, PNG or WebP, 256 KiB at most
    colour = "#00695c"                   # of links and buttons on white; on dark it is made lighter by itself
    help_url = "https://help.ecn.example/integrations"
    mail_from = "myECN <hooks@ecn.example>"
    language = "de"                      # for whose browser asks for none that there is

What a table leaves out comes from the settings, and so does the brand of all other hosts. What cannot be used is
said when Switchhook starts, all of it at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from switchhook.domain.errors import SettingsError
from switchhook.settings import Settings
from switchhook.web.branding.colour import Colour

LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
LARGEST_LOGO_BYTES = 256 * 1024
_HOST = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A brand's picture, as it is sent."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A name and a face. `key`: its table's name; "" for the one of all other hosts."""

    key: str
    name: str
    service_type: str
    mail_from: str
    portal_url: str  # how browsers reach it, without a slash at the end
    hosts: tuple[str, ...] = ()
    logo: Logo | None = None
    colour: Colour | None = None
    help_url: str = ""
    language: str = "en"  # for whom nothing else says one

    @property
    def stylesheet(self) -> str:
        """What its colour changes; empty when it has none of its own."""
        if self.colour is None:
            return ""
        both = f"light-dark({self.colour}, {self.colour.on_dark()})"
        return f":root {{ --tblr-blue: {both}; --tblr-primary: {both}; }}\n.shell-mark {{ color: {both}; }}\n"

    @property
    def stamp(self) -> str:
        """Changes with the face, so that browsers may keep it for long."""
        logo = self.logo.content if self.logo else b""
        return sha256(self.stylesheet.encode() + logo).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Brands:
    """All of an installation's."""

    default: Brand
    others: tuple[Brand, ...] = ()

    def of_host(self, host: str) -> Brand:
        """The brand of a host name, as it stands in a request (with or without a port)."""
        name = host.lower().partition(":")[0].rstrip(".")
        return next((one for one in self.others if name in one.hosts), self.default)

    def of_key(self, key: str) -> Brand:
        """The brand of that table; the default one when it is gone."""
        return next((one for one in self.others if one.key == key), self.default)

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(host for one in self.others for host in one.hosts)


class _Table(BaseModel):
    """A brand as it is written."""

    model_config = ConfigDict(extra="forbid")

    hosts: Annotated[list[Annotated[str, Field(pattern=_HOST)]], Field(min_length=1)]
    name: Annotated[str, Field(min_length=1, max_length=40)] = ""
    service_type: Annotated[str, Field(max_length=40)] = ""
    logo: str = ""
    colour: str = ""
    help_url: str = ""
    mail_from: str = ""
    language: Literal["", "en", "de"] = ""

    @field_validator("help_url")
    @classmethod
    def _link(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("https", "http") or not urlsplit(value).hostname):
            raise ValueError("write a whole address, like https://help.example.com/")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if value and ("@" not in parseaddr(value)[1] or not value.isprintable()):
            raise ValueError("write an address, like Hooks <hooks@example.com>")
        return value

    @field_validator("colour")
    @classmethod
    def _legible(cls, value: str) -> str:
        if value:
            Colour.read(value).check_on_white()
        return value


def load_brands(settings: Settings) -> Brands:
    """The brands of an installation. Raises SettingsError that names all that is wrong with the file."""
    default = Brand(
        key="", name=settings.brand_name, service_type=settings.service_type_name, mail_from=settings.mail_from,
        portal_url=settings.portal_url, language=settings.language)
    path = settings.brands_path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if settings.brands_file:
            raise SettingsError(f"SWITCHHOOK_BRANDS_FILE: there is no file {path}.") from None
        return Brands(default)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file of brands {path} cannot be read: {error}.") from error
    try:
        tables = TypeAdapter(dict[str, _Table]).validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The file of brands {path} is no TOML: {error}.") from error
    except ValidationError as error:
        raise _wrong(path, [f"{'.'.join(map(str, one['loc']))}: {_words(one['msg'])}" for one in error.errors()]) \
            from error
    mistakes = list(_twice(tables))
    others = []
    for key, table in tables.items():
        try:
            others.append(_brand(key, table, default, path.parent))
        except ValueError as error:
            mistakes.append(f"{key}.logo: {error}")
    if mistakes:
        raise _wrong(path, mistakes)
    return Brands(default, tuple(others))


def _brand(key: str, table: _Table, default: Brand, folder: Path) -> Brand:
    return Brand(
        key=key, name=table.name or default.name, service_type=table.service_type or default.service_type,
        mail_from=table.mail_from or default.mail_from, hosts=tuple(table.hosts), help_url=table.help_url,
        language=table.language or default.language,
        portal_url=_at_host(default.portal_url, table.hosts[0]),
        logo=_logo(folder / table.logo) if table.logo else None,
        colour=Colour.read(table.colour) if table.colour else None)


def _logo(path: Path) -> Logo:
    """Raises ValueError that says what is wrong with the picture."""
    if path.suffix.lower() not in LOGO_TYPES:
        raise ValueError(f"{path.name} is none of {', '.join(LOGO_TYPES)}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_LOGO_BYTES:
        raise ValueError(f"{path.name} has more than {LARGEST_LOGO_BYTES // 1024} KiB")
    return Logo(content=content, content_type=LOGO_TYPES[path.suffix.lower()])


def _at_host(url: str, host: str) -> str:
    """The same portal under another host name."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host).geturl()


def _twice(tables: Mapping[str, _Table]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for key, table in tables.items():
        for host in table.hosts:
            if host in seen:
                yield f"{key}.hosts: {host} is a host of {seen[host]} already"
            seen.setdefault(host, key)


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")


def _wrong(path: Path, mistakes: list[str]) -> SettingsError:
    return SettingsError(f"Wrong brands in {path}:\n  " + "\n  ".join(mistakes))
