"""Which addresses may be called."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.delivery.guard import judge_address, parse_networks


def refused(text: str, *granted: str) -> str | None:
    return judge_address(ip_address(text), parse_networks(granted))


@pytest.mark.parametrize("text", [
    "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1",
    "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888",
])
def test_public_addresses_may_be_called(text: str) -> None:
    assert refused(text) is None


@pytest.mark.parametrize(("text", "kind"), [
    ("127.0.0.1", "loopback"), ("127.255.255.254", "loopback"), ("10.1.2.3", "private"), ("172.16.0.1", "private"),
    ("172.31.255.255", "private"), ("192.168.1.1", "private"), ("169.254.1.1", "link-local"),
    ("169.254.169.254", "metadata"), ("168.63.129.16", "metadata"), ("100.100.100.200", "metadata"),
    ("100.64.0.1", "carrier"), ("0.0.0.0", "unspecified"), ("0.1.2.3", "unspecified"), ("192.0.0.8", "reserved"),
    ("192.0.2.1", "documentation"), ("198.51.100.1", "documentation"), ("203.0.113.1", "documentation"),
    ("198.19.0.1", "benchmarking"), ("192.88.99.1", "6to4"), ("224.0.0.1", "multicast"), ("239.1.1.1", "multicast"),
    ("240.0.0.1", "reserved"), ("255.255.255.255", "reserved"),
    ("::", "unspecified"), ("::1", "loopback"), ("::ffff:127.0.0.1", "IPv4-mapped"), ("::ffff:8.8.8.8", "IPv4-mapped"),
    ("::7f00:1", "IPv4-compatible"), ("64:ff9b::7f00:1", "NAT64"), ("64:ff9b:1::a00:1", "NAT64"),
    ("2002:7f00:1::", "6to4"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"), ("2001:db8::1", "documentation"), ("3fff::1", "documentation"),
    ("fc00::1", "unique local"), ("fdff::1", "unique local"), ("fd00:ec2::254", "metadata"), ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local"), ("fec0::1", "site-local"), ("ff02::1", "multicast"), ("100::1", "reserved"),
    ("4000::1", "reserved"), ("::ffff:0:7f00:1", "reserved"), ("2001:10::1", "reserved"), ("5f00::1", "reserved"),
])
def test_special_addresses_are_refused_and_the_reason_names_them(text: str, kind: str) -> None:
    assert kind in (refused(text) or "")


@pytest.mark.parametrize(("text", "grant"), [
    ("127.0.0.1", "127.0.0.0/8"), ("10.1.2.3", "10.1.0.0/16"), ("192.168.7.7", "192.168.7.7"),
    ("100.64.0.1", "0.0.0.0/0"),
    ("fd12::5", "fd12::/16"), ("::1", "::1/128"), ("fe80::1", "fe80::/10"), ("198.18.0.9", "198.18.0.0/15"),
    ("169.254.169.254", "169.254.169.254/32"), ("64:ff9b::808:808", "64:ff9b::/96"),
])
def test_a_granted_range_opens_what_lies_within_it(text: str, grant: str) -> None:
    assert refused(text) is not None
    assert refused(text, grant) is None


@pytest.mark.parametrize(("text", "grant"), [
    ("10.2.0.1", "10.1.0.0/16"), ("127.0.0.1", "10.0.0.0/8"), ("fd13::5", "fd12::/16"),
])
def test_a_grant_opens_nothing_outside_itself(text: str, grant: str) -> None:
    assert refused(text, grant) is not None


@pytest.mark.parametrize(("text", "grant"), [
    ("169.254.169.254", "169.254.0.0/16"), ("169.254.169.254", "0.0.0.0/0"), ("fd00:ec2::254", "fd00::/8"),
])
def test_a_metadata_address_is_opened_only_by_a_grant_of_itself(text: str, grant: str) -> None:
    assert "metadata" in (refused(text, grant) or "")


@pytest.mark.parametrize("text", ["0.0.0.0", "::", "224.0.0.1", "ff02::1"])
def test_unspecified_and_multicast_addresses_are_never_opened(text: str) -> None:
    assert refused(text, "0.0.0.0/0", "::/0") is not None


@pytest.mark.parametrize(("text", "grant", "inner_grant"), [
    ("::ffff:10.0.0.1", "::ffff:0:0/96", "10.0.0.0/8"), ("64:ff9b::a00:1", "64:ff9b::/96", "10.0.0.0/8"),
    ("2002:a00:1::", "2002::/16", "10.0.0.0/8"), ("::a00:1", "::/96", "10.0.0.0/8"),
    ("64:ff9b:1::a00:1", "64:ff9b:1::/48", "10.0.0.0/8"),
])
def test_what_an_ipv6_address_carries_inside_must_be_callable_too(text: str, grant: str, inner_grant: str) -> None:
    assert "10.0.0.1" in (refused(text, grant) or "")
    assert refused(text, inner_grant) is not None
    assert refused(text, grant, inner_grant) is None


def test_a_grant_that_is_no_network_grants_nothing() -> None:
    assert parse_networks(["", "everything", "10.0.0.0/40", " 10.0.0.0/8 "]) == parse_networks(["10.0.0.0/8"])
    assert refused("127.0.0.1", "everything") is not None


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_that_python_calls_private_is_never_called_without_a_grant(ip: IPv4Address) -> None:
    if not ip.is_global or ip.is_multicast:
        assert judge_address(ip) is not None


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_that_python_calls_private_is_never_called_without_a_grant(ip: IPv6Address) -> None:
    if not ip.is_global or ip.is_multicast:
        assert judge_address(ip) is not None


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "::", "64:ff9b::"]))
def test_no_ipv4_address_is_reached_by_an_ipv6_spelling_of_it(ip: IPv4Address, prefix: str) -> None:
    assert judge_address(IPv6Address(int(IPv6Address(prefix)) + int(ip))) is not None
