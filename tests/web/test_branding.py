"""Brands: two names on one installation, told apart by the host name; and what is said of a file that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client, override_settings

from switchhook.domain.errors import SettingsError
from switchhook.settings import Settings
from switchhook.web.branding.brands import Brands, load_brands
from switchhook.web.branding.colour import DARK_GROUND, WHITE, Colour
from switchhook.web.models import Account
from switchhook.web.notices import send_owed
from tests.fixtures.mail import letters

from .conftest import World

HOST = "hooks.ecn.example"
TWO = """
[mycloudpbx]
hosts = ["portal.cloud.example"]
name = "myCloudPBX"
colour = "#7b1fa2"

[myecn]
hosts = ["hooks.ecn.example", "hooks2.ecn.example"]
name = "myECN"
service_type = "myCloudPBX"
logo = "myecn.svg"
colour = "#00695c"
help_url = "https://help.ecn.example/integrations"
mail_from = "myECN <hooks@ecn.example>"
"""
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"><circle cx="14" cy="14" r="14"/></svg>'


def _settings(folder: Path, text: str, **more: object) -> Settings:
    (folder / "brands.toml").write_text(text)
    (folder / "myecn.svg").write_bytes(LOGO)
    return Settings(state_dir=folder, secret_keys="a key for tests only", **more)  # type: ignore[arg-type]


@pytest.fixture
def brands(tmp_path: Path) -> Iterator[Brands]:
    """The two brands of the specification, in force."""
    ours = load_brands(_settings(tmp_path, TWO))
    with override_settings(BRANDS=ours, ALLOWED_HOSTS=["testserver", *ours.hosts]):
        yield ours


@pytest.mark.parametrize(("host", "name"), [
    ("portal.cloud.example", "myCloudPBX"), ("hooks.ecn.example", "myECN"), ("HOOKS2.ecn.example:8000", "myECN")])
def test_one_installation_serves_both_brands(
    host: str, name: str, brands: Brands, world: World, admin: Client,
) -> None:
    home = admin.get("/a/acme/", HTTP_HOST=host).content.decode()
    page = admin.get("/a/acme/integrations/", HTTP_HOST=host).content.decode()
    form = admin.get(f"/a/acme/pbx/{world.service.id}/integrations/new/", HTTP_HOST=host).content.decode()
    assert ">Integrations</a>" in re.sub(r"<svg.*?</svg>", "", home, flags=re.DOTALL)  # the menu
    assert f"<h1>{name} Integrations</h1>" in page
    assert f"<title>{name} Integrations · {name}</title>" in page
    assert ">myCloudPBX</option>" in form  # Trigger Service Type is so in both documents
    for text in (home, page, form):
        assert "Switchhook" not in text
        assert ("https://help.ecn.example/integrations" in text) is (name == "myECN")


def test_every_other_host_has_the_settings_brand(brands: Brands, world: World, admin: Client) -> None:
    page = admin.get("/a/acme/integrations/").content.decode()
    assert "<h1>Switchhook Integrations</h1>" in page
    assert "/brand.css" not in page


def test_a_brands_face_is_served_under_its_host_alone(brands: Brands, client: Client) -> None:
    page = client.get("/login/", HTTP_HOST="hooks.ecn.example").content.decode()
    assert "/brand/logo?v=" in page
    logo = client.get("/brand/logo", HTTP_HOST="hooks.ecn.example")
    assert (logo.content, logo["Content-Type"]) == (LOGO, "image/svg+xml")
    assert "default-src 'none'" in logo["Content-Security-Policy"]  # a picture that somebody opens runs nothing
    style = client.get("/brand.css", HTTP_HOST="hooks.ecn.example")
    assert "light-dark(#00695c, " in style.content.decode()
    assert style["Content-Type"].startswith("text/css")
    assert client.get("/brand/logo", HTTP_HOST="portal.cloud.example").status_code == 404
    assert client.get("/brand.css").content == b""


def test_a_password_reset_comes_from_the_brand(brands: Brands, world: World, client: Client) -> None:
    client.post("/password/", {"email": "admin@example.com"}, HTTP_HOST="hooks.ecn.example")
    [letter] = letters()
    assert (letter.from_email, letter.subject.partition(":")[0]) == ("myECN <hooks@ecn.example>", "myECN")
    assert re.search(r"http://hooks\.ecn\.example[:0-9]*/password/key/", letter.body)
    assert "Switchhook" not in letter.body


def test_the_letter_of_a_password_reset_leads_nowhere_but_to_us(world: World, client: Client) -> None:
    with override_settings(ALLOWED_HOSTS=["*"]):
        client.post("/password/", {"email": "admin@example.com"}, HTTP_HOST="evil.example:666")
    [letter] = letters()
    [link] = re.findall(r"http://\S+/password/key/\S+", letter.body)
    assert link.startswith(settings.SWITCHHOOK.portal_url + "/")
    assert client.get(urlsplit(link).path, follow=True).status_code == 200
    assert "evil" not in letter.body


def test_a_one_time_link_and_the_api_bear_the_accounts_brand(
    brands: Brands, world: World, operator: Client, client: Client,
) -> None:
    Account.objects.filter(id=world.account.id).update(brand="myecn")
    page = operator.post(f"/operator/accounts/{world.account.id}/members/", {
        "email": "nova@example.com", "name": "Nova", "role": "viewer"}, HTTP_HOST="portal.cloud.example")
    [path] = re.findall(r"http://hooks\.ecn\.example[:0-9]*(/login/once/[^\"<\s]+)", page.content.decode())[:1]
    assert "myECN" in client.get(path, HTTP_HOST=HOST).content.decode()
    for host, name in ((HOST, "myECN"), ("portal.cloud.example", "myCloudPBX"), ("testserver", "Switchhook")):
        assert client.get("/api/v1/openapi.json", HTTP_HOST=host).json()["info"]["title"] == f"{name} API"


def test_whoever_joins_an_account_of_a_brand_meets_that_brand_alone(
    brands: Brands, world: World, admin: Client,
) -> None:
    Account.objects.filter(id=world.account.id).update(brand="myecn")
    admin.post("/a/acme/members/", {"email": "nova@example.com", "role": "viewer"}, HTTP_HOST=HOST)
    send_owed()
    [letter] = mail.outbox
    assert "http://hooks.ecn.example" in letter.body
    [path] = re.findall(r"http://hooks\.ecn\.example[:0-9]*(/join/\S+)", letter.body)
    password = "mauve walrus umbrella"
    newcomer = Client(HTTP_HOST=HOST)
    newcomer.post(path, {"name": "Nova", "password1": password, "password2": password})
    newcomer.post("/me/again/", {"password": password})
    page = newcomer.get("/me/second-factor/totp/activate/")
    assert "issuer=myECN" in page.context["totp_url"]
    assert "Switchhook" not in page.content.decode()
    token = {"name": "CRM", "scopes": ["read"], "expires": "30"}
    assert "http://hooks.ecn.example" in admin.post("/a/acme/tokens/", token, HTTP_HOST=HOST).content.decode()


def test_what_a_brand_leaves_out_comes_from_the_settings(tmp_path: Path) -> None:
    brand = load_brands(_settings(
        tmp_path, '[x]\nhosts = ["x.example"]', brand_name="Ours", public_url="https://a.example:8443")).of_key("x")
    assert (brand.name, brand.service_type, brand.mail_from) == ("Ours", "myCloudPBX", "switchhook@localhost")
    assert brand.portal_url == "https://x.example:8443"


@pytest.mark.parametrize(("text", "says"), [
    ("[x]\nhosts = [", "is no TOML"),
    ("[x]\nname = 'X'", "x.hosts"),
    ("[x]\nhosts = ['https://x.example']", "x.hosts"),
    ("[x]\nhosts = ['x.example']\n[y]\nhosts = ['x.example']", "x.example is a host of x already"),
    ("[x]\nhosts = ['x.example']\ncolor = '#000000'", "x.color"),
    ("[x]\nhosts = ['x.example']\ncolour = 'green'", "write a colour like"),
    ("[x]\nhosts = ['x.example']\ncolour = '#ffcc00'", "take a darker one"),
    ("[x]\nhosts = ['x.example']\nlogo = 'x.gif'", "is none of .svg"),
    ("[x]\nhosts = ['x.example']\nlogo = 'x.png'", "cannot be read"),
    ("[x]\nhosts = ['x.example']\nhelp_url = 'javascript:alert(1)'", "write a whole address"),
    ("[x]\nhosts = ['x.example']\nmail_from = 'nobody'", "write an address"),
])
def test_a_wrong_file_is_refused_with_what_is_wrong(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_brands(_settings(tmp_path, text))
    assert says in str(refused.value)
    assert "brands.toml" in str(refused.value)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SWITCHHOOK_BRANDS_FILE"):
        load_brands(Settings(brands_file=str(tmp_path / "none.toml"), secret_keys="x"))  # type: ignore[call-arg]


@pytest.mark.parametrize("text", ["#00695c", "#000000", "#7b1fa2", "#0000ff", "#8b0000"])
def test_a_colour_can_be_read_on_both_grounds(text: str) -> None:
    colour = Colour.read(text)
    colour.check_on_white()
    assert colour.on_dark().contrast(DARK_GROUND) >= 4.5


def test_black_on_white_is_the_greatest_contrast() -> None:
    assert round(Colour(0, 0, 0).contrast(WHITE), 1) == 21.0
