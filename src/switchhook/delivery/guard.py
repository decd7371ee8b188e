"""Which addresses may be called: public ones, and what the operator granted to the account. Pure.

A name is judged by nothing but the addresses it leads to, and each of them at the moment a socket is
opened to it (`sender.py`): no DNS answer that changes in between and no spelling of an address gets round it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

#: The first network that has the address says what it is (IANA's special-purpose registries, and clouds' metadata).
_SPECIAL_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("169.254.169.254/32", "a cloud's metadata address"),
        ("169.254.170.2/32", "a cloud's metadata address"),
        ("100.100.100.200/32", "a cloud's metadata address"),
        ("168.63.129.16/32", "a cloud's metadata address"),
        ("192.0.0.192/32", "a cloud's metadata address"),
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "a carrier's shared address"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a documentation address"),
        ("192.88.99.0/24", "a 6to4 relay's address"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "a benchmarking address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)
_SPECIAL_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("fd00:ec2::254/128", "a cloud's metadata address"),
        ("fd20:ce::254/128", "a cloud's metadata address"),
        ("::/128", "an unspecified address"),
        ("::1/128", "a loopback address"),
        ("::ffff:0:0/96", "an IPv4-mapped address"),
        ("::/96", "an IPv4-compatible address"),
        ("64:ff9b::/96", "a NAT64 address"),
        ("64:ff9b:1::/48", "a NAT64 address"),
        ("fc00::/7", "a private (unique local) address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a private (site-local) address"),
        ("ff00::/8", "a multicast address"),
        ("2001::/32", "a Teredo address"),
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "a documentation address"),
        ("2002::/16", "a 6to4 address"),
        ("3fff::/20", "a documentation address"),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NEVER = ("an unspecified address", "a multicast address")  # nobody answers there but ourselves
_ONLY_BY_NAME = "a cloud's metadata address"


def judge_address(ip: IpAddress, allowed_networks: Sequence[IpNetwork] = ()) -> str | None:
    """None when the address may be called, else what it is, in words that end a sentence.

    A grant opens the addresses within it, with three exceptions. What a granted IPv6 address carries
    inside (IPv4-mapped, NAT64, 6to4, …) must be callable as well. A cloud's metadata address is opened
    by a grant of exactly that address alone. Unspecified and multicast addresses are never opened.
    """
    kind = _kind(ip)
    if kind is None:
        return None
    if kind in _NEVER or not _granted(ip, kind, allowed_networks):
        return kind
    for inner in _inside(ip):
        refused = judge_address(inner, allowed_networks)
        if refused is not None:
            return f"{kind} for {inner}, {refused}"
    return None


def judge_literal(host: str, allowed_networks: Sequence[IpNetwork] = ()) -> str | None:
    """The same for the host of a URL that somebody else will look up: None unless it is an address (in any spelling
    that a resolver understands) or a name of loopback, which is not allowed."""
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        host = "127.0.0.1"
    try:
        ip: IpAddress = ip_address(host)
    except ValueError:
        try:
            ip = IPv4Address(socket.inet_aton(host))  # 127.1, 0x7f000001, 2130706433 …
        except OSError:
            return None
    refused = judge_address(ip, allowed_networks)
    return None if refused is None else f"{ip}, {refused}"


def parse_networks(texts: Iterable[str]) -> tuple[IpNetwork, ...]:
    """The granted networks. A text that is no network grants nothing: the web refuses it when it is saved."""
    networks: list[IpNetwork] = []
    for text in texts:
        try:
            networks.append(ip_network(text.strip(), strict=False))
        except ValueError:
            continue
    return tuple(networks)


def parse_address(text: str) -> IpAddress:
    """The address of a socket, as the resolver wrote it (IPv6 with or without a zone). Raises ValueError."""
    return ip_address(text)


def _kind(ip: IpAddress) -> str | None:
    """What the address is, unless it is an ordinary public one."""
    if isinstance(ip, IPv4Address):
        return next((kind for network, kind in _SPECIAL_V4 if ip in network), None)
    special = next((kind for network, kind in _SPECIAL_V6 if ip in network), None)
    if special is None and ip not in _GLOBAL_UNICAST:
        return "a reserved address"
    return special


def _granted(ip: IpAddress, kind: str, networks: Sequence[IpNetwork]) -> bool:
    fitting = [network for network in networks if network.version == ip.version and ip in network]
    if kind == _ONLY_BY_NAME:
        return any(network.num_addresses == 1 for network in fitting)
    return bool(fitting)


def _inside(ip: IpAddress) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address carries and that packets to it may end at."""
    if isinstance(ip, IPv4Address):
        return ()
    if ip.ipv4_mapped is not None:
        return (ip.ipv4_mapped,)
    if ip.sixtofour is not None:
        return (ip.sixtofour,)
    if ip.teredo is not None:
        return ip.teredo
    packed = ip.packed
    nat64 = packed[:6] == b"\x00\x64\xff\x9b\x00\x01" or packed[:12] == b"\x00\x64\xff\x9b" + bytes(8)
    compatible = packed[:12] == bytes(12) and int(ip) > 1
    return (IPv4Address(packed[12:]),) if nat64 or compatible else ()
