"""Which addresses are somebody's on the public internet."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.addresses import is_public

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "140.82.121.4",
    "168.63.129.15",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.88.98.255",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2600:1f18::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "2A02:26F0::1",
]
OTHERS = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "private": [
        "10.0.0.0",
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "192.168.255.255",
    ],
    "loopback": ["127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1"],
    "link-local": ["169.254.0.1", "169.254.255.255", "fe80::1", "febf::1"],
    "a cloud's metadata": [
        "169.254.169.254",
        "169.254.170.2",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd20:ce::254",
    ],
    "carriers' NAT": ["100.64.0.0", "100.64.0.1", "100.127.255.255"],
    "protocols": ["192.0.0.1", "192.0.0.8", "192.0.0.9", "192.0.0.10", "192.0.0.170"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.255", "2001:db8::1", "3fff::1", "3fff:fff::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "relays of 6to4": ["192.88.99.1", "192.88.99.2"],
    "AS112 and AMT": [
        "192.31.196.1",
        "192.52.193.1",
        "192.175.48.1",
        "2001:3::1",
        "2001:4:112::1",
        "2620:4f:8000::1",
    ],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1", "ff05::2"],
    "reserved": ["240.0.0.1", "255.255.255.254", "4000::1", "5f00::1", "c000::1", "1::1"],
    "broadcast": ["255.255.255.255"],
    "unique local": ["fc00::1", "fd00::1", "fdff:ffff::1"],
    "site-local": ["fec0::1", "feff::1"],
    "discarded": ["100::1", "100:0:0:1::1"],
    "NAT64": [
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "64:ff9b:1:ffff::10.0.0.1",
    ],
    "6to4": ["2002::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8"],
    "translated": ["::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"],
    "compatible": ["::127.0.0.1", "::1.2.3.4", "::8.8.8.8"],
    "Teredo": ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "ORCHID": ["2001:10::1", "2001:20::1", "2001:30::1"],
    "with a zone": ["fe80::1%eth0", "fe80::1%1", "2606:4700:4700::1111%eth0", "::1%lo", "8.8.8.8%eth0"],
    "no address": [
        "",
        " ",
        "localhost",
        "example.com",
        "8.8.8",
        "8.8.8.8.8",
        "8.8.8.256",
        "8.8.8.08",
        "0x8.8.8.8",
        "134744072",
        " 8.8.8.8",
        "8.8.8.8\n",
        "8.8.8.8/32",
        "8.8.8.8:443",
        "[2606:4700:4700::1111]",
        "2606:4700:4700:::1111",
        "٨.8.8.8",
    ],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("kind", "address"), [(kind, each) for kind, many in OTHERS.items() for each in many]
)
def test_a_special_address_and_what_is_none_is_not_public(kind: str, address: str) -> None:
    assert not is_public(address), kind


@given(st.ip_addresses(v=4))
def test_no_spelling_of_an_ipv4_address_inside_an_ipv6_one_is_public(inner: ipaddress.IPv4Address) -> None:
    first, last = divmod(int(inner), 1 << 16)
    spellings = [
        f"::{inner}",
        f"::ffff:{inner}",
        f"::ffff:0:{inner}",
        f"64:ff9b::{inner}",
        f"64:ff9b:1::{inner}",
        f"2002:{first:x}:{last:x}::1",
    ]

    assert not any(map(is_public, spellings))


@given(st.ip_addresses())
def test_what_python_calls_special_is_never_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )

    assert not (special and is_public(str(address)))
