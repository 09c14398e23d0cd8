"""Post a message to an address that a stranger chose, and to nothing inside.

The name is resolved once, every address that it has must be public, and one of these is connected to: what
the name leads to a moment later is of no use to anybody. Libraries for HTTP resolve by themselves when they
connect, obey the environment's proxies and follow redirects; so this is the standard library's, over a socket
of our own.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from threading import Timer
from urllib.parse import urlsplit

from chalicelib import __version__
from chalicelib.domain.addresses import is_public
from chalicelib.domain.callback_urls import check_url, is_local
from chalicelib.domain.errors import BadInput
from chalicelib.domain.posted import Posted

TOTAL_S = 10.0
"""A receiver answers within this, whatever it does."""
_CONNECT_S = 4.0
_MOST_TRIED = 3
"""Addresses of one name."""
_MOST_READ = 65_536
_PORTS = {"https": 443, "http": 80}
_LOOPBACK = frozenset({"127.0.0.1", "::1"})

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a name. Raises OSError."""


class _Refused(Exception):
    """Nothing was sent; the text is the word for it."""


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Post:
    """`local`: http to this machine is allowed, too."""

    def __init__(
        self,
        *,
        local: bool = False,
        resolve: Resolve = resolved,
        is_allowed: Callable[[str], bool] = is_public,
        total_s: float = TOTAL_S,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._local = local
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._total_s = total_s
        self._given_context = context
        # A resolver cannot be interrupted; it may hang in its thread after we have gone on.
        self._resolvers = ThreadPoolExecutor(8, thread_name_prefix="resolve")

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """What became of it; whatever the other side does is no error."""
        began = time.monotonic()
        status, error = None, ""
        try:
            check_url(url, local=self._local)
            status = self._post(url, body, headers, began + self._total_s)
        except BadInput:
            error = "bad_url"
        except _Refused as refused:
            error = str(refused)
        except TimeoutError:
            error = "timeout"
        except ssl.SSLError:
            error = "tls"
        except ConnectionError:  # one that ends without an answer is an HTTPException, too
            error = "connection"
        except (http.client.HTTPException, ValueError):
            error = "bad_answer"
        except OSError:
            error = "connection"
        took_s = time.monotonic() - began
        if error in {"bad_answer", "connection", "tls"} and took_s >= self._total_s:
            error = "timeout"  # the socket was shut in the middle
        return Posted(status, error, round(took_s * 1000))

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._given_context or ssl.create_default_context()

    def _post(self, url: str, body: bytes, headers: Mapping[str, str], deadline: float) -> int:
        split = urlsplit(url)
        host, port = (split.hostname or "").removesuffix("."), split.port or _PORTS[split.scheme]
        connected = self._connect(self._addresses(url, host, port, deadline), port, deadline)
        # Each of its reads has a time limit; a byte now and then would stretch it without end.
        handle = connected.dup()  # TLS takes the socket over; this one stays good for shutting it
        watch = Timer(max(0.0, deadline - time.monotonic()), _shut, (handle,))
        watch.daemon = True
        watch.start()
        try:
            if split.scheme == "https":
                connected = self._context.wrap_socket(connected, server_hostname=host)
            bracketed = f"[{host}]" if ":" in host else host
            named = bracketed if port == _PORTS[split.scheme] else f"{bracketed}:{port}"
            target = _target(split.path, split.query)
            return _exchange(connected, named, target, body, headers, deadline=deadline)
        finally:
            watch.cancel()
            handle.close()
            connected.close()

    def _addresses(self, url: str, host: str, port: int, deadline: float) -> list[str]:
        asked = self._resolvers.submit(self._resolve, host, port)
        try:
            found = list(asked.result(timeout=max(0.0, deadline - time.monotonic())))
        except TimeoutError:  # an OSError, too
            asked.cancel()
            raise
        except (OSError, UnicodeError) as exc:
            raise _Refused("not_resolved") from exc
        if not found:
            raise _Refused("not_resolved")
        if not all(self._may_be(address, url) for address in found):
            raise _Refused("refused_address")
        return found

    def _may_be(self, address: str, url: str) -> bool:
        return address in _LOOPBACK if self._local and is_local(url) else self._is_allowed(address)

    def _connect(self, addresses: Sequence[str], port: int, deadline: float) -> socket.socket:
        failed: OSError | None = None
        for address in addresses[:_MOST_TRIED]:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            try:
                connected = socket.create_connection((address, port), timeout=min(_CONNECT_S, left_s))
            except OSError as exc:
                failed = exc
                continue
            if connected.getpeername()[0] != address:  # what was connected to is what was looked at
                connected.close()
                raise _Refused("refused_address")
            connected.settimeout(max(0.01, deadline - time.monotonic()))
            return connected
        raise failed or TimeoutError


def _exchange(
    connected: socket.socket,
    named: str,
    target: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    deadline: float,
) -> int:
    connection = http.client.HTTPConnection(named)
    connection.sock = connected
    connection.putrequest("POST", target, skip_host=True, skip_accept_encoding=True)
    own = {
        "Host": named,
        "User-Agent": f"proctoring-webhooks/{__version__}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    for name, value in {**own, **headers}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    if time.monotonic() >= deadline:  # headers that were cut off look like whole ones
        raise TimeoutError
    _drain(answer)
    return answer.status


def _drain(answer: http.client.HTTPResponse) -> None:
    # So that the other side can finish; nobody looks at it. Not `read`: the size of a chunk may be said to be
    # -1, and then it reads all there is.
    left = _MOST_READ
    with suppress(OSError, ValueError, http.client.HTTPException):
        while left > 0 and (piece := answer.read1(left)):
            left -= len(piece)


def _target(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):  # it is gone already
        connected.shutdown(socket.SHUT_RDWR)
