"""Which IP addresses are somebody's on the public internet: what may be connected to for a stranger.

By the registries of IANA for special purposes, not by `ipaddress.is_global` alone: that differs between
versions of Python, and is true for NAT64, 6to4 and multicast.
"""

import ipaddress

_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carriers' NAT; a cloud's metadata
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's metadata, formally public
            "169.254.0.0/16",  # link-local; clouds' metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "2001::/23",  # protocols: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address inside
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All else of IPv6 is special: mapped, NAT64, link-local, unique local, multicast ..."""


def is_public(address: str) -> bool:
    """Whether it is a unicast address of the public internet; not, if it is no address at all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if parsed.version == 6 and (parsed.scope_id or parsed not in _GLOBAL_UNICAST):  # noqa: PLR2004
        return False
    in_a_special_one = any(parsed in network for network in _SPECIAL if network.version == parsed.version)
    return parsed.is_global and not in_a_special_one
