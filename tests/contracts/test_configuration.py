"""The configuration: what people wrote in the portal, as the engine reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.filters import Subject, ValueFilter
from switchhook.domain.integration import BasicAuth, BodyKey, Format, Header, Integration, Method, NoAuth, TokenAuth
from switchhook.domain.service import Account, Connection, PbxUser, Platform, Reading, Service
from switchhook.store import current, open_store
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Store
from tests.fixtures.seed import Seed


async def test_accounts_services_connections_and_users_are_read(store: Store, seed: Seed) -> None:
    account = seed.account(name="Example Ltd", time_zone="Australia/Sydney", allowed_networks=["10.0.0.0/8"])
    pbx = seed.connection(name="PBX 1", host="192.0.2.1", username="switchhook", secret="hush")
    service = seed.service(
        account, name="pbx-0001", friendly_name="Head Office", connection_id=pbx, tenant_key="tenant-1",
        trunks=["PJSIP/trunk*"], menus=[["ivr-*", ""], ["nps", "NPS"]], intake_token_hash="ab")
    user = seed.user(service, "201", enabled_calls=["Local", "Mobile"])
    seed.touch()

    configuration = await store.load_configuration()

    assert configuration.version == 1 == await store.configuration_version()
    assert configuration.accounts == {account: Account(
        id=account, name="Example Ltd", time_zone="Australia/Sydney", allowed_networks=("10.0.0.0/8",))}
    assert configuration.connections == {pbx: Connection(
        id=pbx, name="PBX 1", platform=Platform.ASTERISK, host="192.0.2.1", username="switchhook", secret="hush")}
    assert configuration.services == {service: Service(
        id=service, account_id=account, connection_id=pbx, name="pbx-0001", friendly_name="Head Office",
        applications_enabled=True, tenant_key="tenant-1", intake_token_hash="ab",
        reading=Reading(trunks=("PJSIP/trunk*",), menus=(("ivr-*", ""), ("nps", "NPS"))))}
    assert configuration.users == {(service, "201"): PbxUser(
        id=user, service_id=service, extension_number="201", name="Ada Example", outbound_phone_number="12025550100",
        has_voicemail=True, enabled_calls=("Local", "Mobile"))}
    assert configuration.broken == {}


async def test_an_integration_is_read_with_its_secrets_opened(store: Store, seed: Seed) -> None:
    account = seed.account()
    service = seed.service(account)
    id_ = seed.integration(
        account, service, name="NPS", event_type=EventType.IVR_OPTION, request_url="https://nps.example/",
        path_arguments="{option_selected}", method="GET", format="QUERY", authentication_type="basic", username="ada",
        password="s3cret", signing=["whsec_new", "whsec_old"], timeout_seconds=20.0, max_in_flight=3, expiry_seconds=60,
        headers=[{"name": "X-Key", "value": "hush", "secret": True}, {"name": "X-Plain", "value": "{name}"}],
        body_keys=[{"key": "from", "field": "source_number"}, {"key": "via", "text": "pbx"}],
        filters=[{"filter": "option", "match": "one_of", "values": ["1-5"]}])
    assert (await store.load_configuration()).integrations == {id_: Integration(
        id=id_, account_id=account, service_id=service, name="NPS", event_type=EventType.IVR_OPTION,
        request_url="https://nps.example/", path_arguments="{option_selected}", method=Method.GET, format=Format.QUERY,
        authentication=BasicAuth(username="ada", password="s3cret"), signing_secrets=("whsec_new", "whsec_old"),
        headers=(Header(name="X-Key", value="hush", secret=True), Header(name="X-Plain", value="{name}")),
        body_keys=(BodyKey(key="from", field=Field.SOURCE_NUMBER), BodyKey(key="via", text="pbx")),
        filters=(ValueFilter(subject=Subject.OPTION, values=("1-5",)),),
        timeout_seconds=20.0, max_in_flight=3, expiry_seconds=60)}


@pytest.mark.parametrize(("columns", "authentication"), [
    ({"authentication_type": "none"}, NoAuth()),
    ({"authentication_type": "token", "token": "t0ken"}, TokenAuth(token="t0ken")),
    ({"authentication_type": "token", "token": "t0ken", "token_prefix": "", "token_header": "X-Token"},
     TokenAuth(token="t0ken", prefix="", header="X-Token")),
    ({"authentication_type": "basic", "username": "ada"}, BasicAuth(username="ada", password="")),
])
async def test_every_authentication_is_read(
    store: Store, seed: Seed, columns: dict[str, Any], authentication: NoAuth | BasicAuth | TokenAuth,
) -> None:
    id_ = seed.integration(seed.account(), **columns)
    assert (await store.load_configuration()).integrations[id_].authentication == authentication


async def test_a_signing_secret_is_used_until_it_expires(store: Store, seed: Seed) -> None:
    account, id_ = seed.account(), uuid4()
    moment = datetime.now(UTC)
    rotating = [
        {"sealed": seed.sealed(f"whsec_{hours}", f"integration:{id_}:signing"), "made_at": "",
         "expires_at": (moment + timedelta(hours=hours)).isoformat()} for hours in (1, -1)]
    seed.integration(account, id=id_, signing_secrets=rotating)
    assert (await store.load_configuration()).integrations[id_].signing_secrets == ("whsec_1",)


class TestBroken:
    """One row that cannot be read breaks no other; it is named with the reason."""

    @pytest.mark.parametrize(("columns", "reason"), [
        ({"event_type": "call.beamed_up"}, "call.beamed_up"),
        ({"body_keys": [{"key": "x", "field": "shoe_size"}]}, "shoe_size"),
        ({"body_keys": {"not": "a list of rows"}}, "not stored as"),
        ({"authentication_type": "magic"}, "magic"),
        ({"signing_secrets": [{"made_at": ""}]}, "sealed"),
        ({"authentication_type": "basic", "password_sealed": "v1.00000000." + "A" * 48}, "SWITCHHOOK_SECRET_KEYS"),
    ])
    async def test_an_integration_that_cannot_be_read_breaks_no_other(
        self, store: Store, seed: Seed, columns: dict[str, Any], reason: str,
    ) -> None:
        account = seed.account()
        whole, broken = seed.integration(account), uuid4()
        seed.integration(account, id=broken, **columns)
        configuration = await store.load_configuration()
        assert configuration.integrations.keys() == {whole}
        assert configuration.broken.keys() == {broken}
        assert reason in configuration.broken[broken]

    async def test_a_secret_of_another_key_breaks_what_needs_it_alone(
        self, store: Store, seed: Seed, database_url: str,
    ) -> None:
        account = seed.account()
        pbx, easy = seed.connection(secret="hush"), seed.connection()
        sealed = seed.integration(account, authentication_type="token", token="t0ken")
        stranger = open_store(database_url, ["another key"])
        await stranger.open()
        configuration = await stranger.load_configuration()
        await stranger.close()
        assert configuration.connections.keys() == {easy}
        assert configuration.broken.keys() == {pbx, sealed}


class TestDisabling:
    async def test_the_integration_is_disabled_with_the_reason_and_engines_learn_of_it(
        self, store: Store, seed: Seed,
    ) -> None:
        id_ = seed.integration(seed.account())
        await store.disable_integration(id_, "The server says that this URL is gone (410).")
        row = seed.row("integration", id_)
        assert (bool(row["enabled"]), row["disabled_reason"]) == (False, "The server says that this URL is gone (410).")
        assert row["disabled_at"]
        assert await store.configuration_version() == 1
        assert not (await store.load_configuration()).integrations[id_].enabled

    async def test_the_audit_log_says_that_the_engine_did_it_and_why(self, store: Store, seed: Seed) -> None:
        account = seed.account()
        id_ = seed.integration(account)
        for reason in ("first", "second"):
            await store.disable_integration(id_, reason)
        [entry] = seed.rows("SELECT * FROM audit_entry")
        assert (entry["who"], entry["via"], entry["action"], entry["kind"]) == (
            "The engine", "engine", "changed", "integration")
        assert (entry["object_id"], entry["detail"]) == (str(id_), "first")
        assert json.loads(entry["changes"]) == {"enabled": [True, False]}

    async def test_disabling_twice_keeps_the_first_reason(self, store: Store, seed: Seed) -> None:
        id_ = seed.integration(seed.account())
        await store.disable_integration(id_, "first")
        await store.disable_integration(id_, "second")
        assert seed.row("integration", id_)["disabled_reason"] == "first"
        assert await store.configuration_version() == 1

    async def test_the_version_grows_also_where_there_was_none(self, store: Store, seed: Seed) -> None:
        seed.execute("DELETE FROM configuration_version")
        assert await store.configuration_version() == 0
        await store.disable_integration(seed.integration(seed.account()), "why")
        assert await store.configuration_version() == 1


async def test_disabling_what_is_not_there_is_harmless(store: Store, engine: UUID) -> None:
    await store.disable_integration(uuid4(), "why")
    assert await store.configuration_version() == 0


async def test_it_is_loaded_anew_once_it_is_old_so_that_a_rotated_secret_signs_no_longer(
    store: Store, seed: Seed, monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = CurrentConfiguration(store)
    await watched.load()
    before = watched.value
    await watched.refresh()
    assert watched.value is before
    monkeypatch.setattr(current, "OLD_SECONDS", -1.0)
    await watched.refresh()
    assert watched.value is not before
