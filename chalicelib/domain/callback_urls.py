"""Where messages may be posted to, as far as a URL tells; its address is looked at when connected to."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from chalicelib.domain.addresses import is_public
from chalicelib.domain.errors import BadInput

LONGEST = 2048
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_PRINTABLE = re.compile(r"[!-\[\]-~]+")
"""ASCII without spaces, control characters and the backslash, which some take for a slash."""
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")


def check_url(url: str, *, local: bool = False) -> None:
    """Raise BadInput for a URL that nothing is posted to, without repeating it.

    `local`: http to this machine is, too.
    """
    split = _split(url)
    host = split.hostname or ""
    if split.username is not None or split.password is not None:
        raise BadInput("The URL must hold no user and no password.")
    if split.fragment:
        raise BadInput("The URL must hold no fragment (#…).")
    if split.scheme == "http" and local and host in LOCAL_HOSTS:
        return
    if split.scheme != "https":
        raise BadInput("The URL must begin with https://.")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host):
            raise BadInput("The URL must name a host; write names of other letters as xn--….") from None
        return
    if not is_public(host):
        raise BadInput("The URL must lead to a public address.")


def is_local(url: str) -> bool:
    """Whether it is one that only `local` allows."""
    split = urlsplit(url)
    return split.scheme == "http" and split.hostname in LOCAL_HOSTS


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST:
        raise BadInput(f"The URL may have {LONGEST} characters at the most.")
    if not _PRINTABLE.fullmatch(url):
        raise BadInput("The URL may hold printable ASCII characters only, and no backslash; encode others.")
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError as exc:
        raise BadInput("The URL cannot be read; check its host and its port.") from exc
    if port == 0:
        raise BadInput("The URL's port must be from 1 to 65535.")
    return split
