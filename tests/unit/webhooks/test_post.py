"""Posting to an address that a stranger chose: real sockets on loopback, and a resolver that lies."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event

import pytest

from chalicelib.domain.posted import Posted
from chalicelib.webhooks.post import Post, Resolve
from tests.unit.webhooks.receivers import (
    ANY,
    NAME,
    Behaviour,
    Receiver,
    answers,
    certificate,
    deaf,
    floods,
    hangs_up,
    has,
    is_silent,
    receiver,
    says,
    says_and_waits,
    trickles,
    trickles_at_once,
)

BODY, HEADERS = b'{"type":"session.ended"}', {"webhook-id": "msg_1"}
SOON_S = 0.5
"""When it is over for those who say nothing; the others have ten seconds, for this machine may be busy."""
LATER_S = 1.5
"""And for those who say something first."""
LOOPBACK = ["127.0.0.1", *filter(has, ["127.0.0.2", "127.1.2.3", "127.255.255.254", "::1"])]
ALSO_HERE = ["0.0.0.0", *(["::", "::ffff:127.0.0.1"] if has("::1") else [])]
"""Other ways to this machine."""
FORBIDDEN = [
    *LOOPBACK,
    "0.0.0.0",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::1",
    "2001:0:7f00:1::1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "100.64.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "fc00::1",
    "fe80::1",
    "fe80::1%1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2606:4700:4700::1111%lo",
    "localhost",
    "2130706433",
    "0x7f.0.0.1",
    "127.1",
    "",
]


@dataclass(slots=True)
class Liar:
    """Says these addresses for any name: the first, then the next, the last ones for good."""

    says: list[list[str]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, _: int) -> list[str]:
        self.asked.append(host)
        return self.says.pop(0) if len(self.says) > 1 else self.says[0]


def liar(*addresses: str) -> Liar:
    return Liar([list(addresses)])


def yes(_: str) -> bool:
    return True


def told(posted: Posted) -> tuple[int | None, str]:
    return posted.status, posted.error


def reaching(
    *addresses: str,
    is_allowed: Callable[[str], bool] = yes,
    total_s: float = 10.0,
    resolve: Resolve | None = None,
) -> Post:
    """One that finds and trusts the servers of these tests."""
    return Post(
        resolve=resolve or liar(*addresses or ("127.0.0.1",)),
        is_allowed=is_allowed,
        total_s=total_s,
        context=certificate(NAME).is_trusted(),
    )


def posted_to(server: Receiver, post: Post, path: str = "/hook") -> tuple[int | None, str]:
    return told(post(f"https://{NAME}:{server.port}{path}", BODY, HEADERS))


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiver(answers(), tls=certificate(NAME)) as server:
        yield server


# What may be connected to.


@pytest.mark.parametrize("address", [*LOOPBACK, *ALSO_HERE])
def test_without_the_look_at_addresses_these_would_lead_to_this_machine(address: str) -> None:
    with receiver(answers(), address=ANY, tls=certificate(NAME)) as server:
        posted_to(server, reaching(address))

        assert not server.was_left_alone()


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused_and_nothing_connects_to_it(address: str) -> None:
    lies = liar(address)
    with receiver(answers(), address=ANY, tls=certificate(NAME)) as server:
        post = Post(resolve=lies, context=certificate(NAME).is_trusted())

        assert posted_to(server, post) == (None, "refused_address")
        assert server.was_left_alone()
        assert lies.asked == [NAME]


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1", "93.184.216.34"),
        ("93.184.216.34", "127.0.0.1"),
        ("2606:4700:4700::1111", "93.184.216.34", "1.1.1.1", "8.8.8.8", "169.254.169.254"),
    ],
)
def test_one_bad_address_among_good_ones_is_enough_to_refuse(addresses: tuple[str, ...]) -> None:
    with receiver(answers(), address=ANY, tls=certificate(NAME)) as server:
        assert posted_to(server, Post(resolve=liar(*addresses))) == (None, "refused_address")
        assert server.was_left_alone()


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"])
def test_what_the_system_takes_for_this_machine_is_refused(host: str) -> None:
    with receiver(answers(), address=ANY) as server:
        posted = Post()(f"https://{host}:{server.port}/", BODY, HEADERS)

        assert told(posted) == (None, "refused_address")
        assert server.was_left_alone()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:127.0.0.1]", "user@harmless.example"]
)
def test_a_bad_url_is_not_even_resolved(host: str) -> None:
    lies = liar("93.184.216.34")

    assert told(Post(resolve=lies)(f"https://{host}/", BODY, HEADERS)) == (None, "bad_url")
    assert lies.asked == []


@pytest.mark.skipif(not has("127.0.0.2"), reason="Loopback has one address here.")
def test_a_name_that_leads_elsewhere_a_moment_later_leads_nowhere_else() -> None:
    lies = Liar([["127.0.0.2"], ["127.0.0.1"]])
    post = reaching(resolve=lies, is_allowed=lambda address: address == "127.0.0.2")
    with ExitStack() as stack:
        inner = stack.enter_context(receiver(answers(), tls=certificate(NAME)))
        outer = stack.enter_context(
            receiver(answers(204), address="127.0.0.2", port=inner.port, tls=certificate(NAME))
        )

        assert posted_to(outer, post) == (204, "")
        assert lies.asked == [NAME]
        assert len(outer.got) == 1
        assert inner.was_left_alone()
        assert posted_to(outer, post) == (None, "refused_address")
        assert inner.was_left_alone()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(status: int, other: Receiver) -> None:
    moved = answers(status, f"Location: https://{NAME}:{other.port}/")
    with receiver(moved, tls=certificate(NAME)) as server:
        assert posted_to(server, reaching()) == (status, "")
        assert len(server.got) == 1
        assert other.was_left_alone()


@pytest.mark.parametrize("names", [("HTTPS_PROXY", "ALL_PROXY"), ("https_proxy", "all_proxy")])
def test_a_proxy_of_the_environment_is_not_used(
    names: tuple[str, ...], other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver(answers(), tls=certificate(NAME)) as server:
        for name in names:
            monkeypatch.setenv(name, f"http://127.0.0.1:{other.port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)

        assert posted_to(server, reaching()) == (200, "")
        assert other.was_left_alone()


# Names.


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    done = Event()

    def hang(_: str, __: int) -> list[str]:
        done.wait()
        return []

    try:
        posted = Post(resolve=hang, total_s=SOON_S)(f"https://{NAME}/", BODY, HEADERS)
    finally:
        done.set()

    assert told(posted) == (None, "timeout")


@pytest.mark.parametrize(
    "error", [OSError("no"), socket.gaierror(-2, "unknown"), UnicodeError("label too long")]
)
def test_a_name_that_cannot_be_resolved_is_told(error: Exception) -> None:
    def fail(_: str, __: int) -> list[str]:
        raise error

    assert told(Post(resolve=fail)(f"https://{NAME}/", BODY, HEADERS)) == (None, "not_resolved")


def test_a_name_without_addresses_is_not_resolved() -> None:
    assert told(Post(resolve=liar())(f"https://{NAME}/", BODY, HEADERS)) == (None, "not_resolved")


@pytest.mark.skipif(not has("127.0.0.2"), reason="Loopback has one address here.")
def test_the_next_address_is_tried_when_the_first_one_refuses() -> None:
    with (
        deaf("127.0.0.1") as port,
        receiver(answers(), address="127.0.0.2", port=port, tls=certificate(NAME)) as server,
    ):
        assert posted_to(server, reaching("127.0.0.1", "127.0.0.2")) == (200, "")
        assert len(server.got) == 1


def test_addresses_that_all_refuse_are_no_connection() -> None:
    with deaf() as port:
        posted = reaching("127.0.0.1", "127.0.0.1")(f"https://{NAME}:{port}/", BODY, HEADERS)

    assert told(posted) == (None, "connection")


# Receivers that misbehave.

ENDS_BY_ITSELF: dict[str, tuple[Behaviour, tuple[int | None, str]]] = {
    "hangs up without an answer": (says(b""), (None, "connection")),
    "garbage": (says(b"\x00\xff garbage\r\n\r\n"), (None, "bad_answer")),
    "another protocol": (says(b"220 mail.example ESMTP\r\n"), (None, "bad_answer")),
    "no number for a status": (says(b"HTTP/1.1 yes OK\r\n\r\n"), (None, "bad_answer")),
    "a huge status": (says(b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n\r\n"), (None, "bad_answer")),
    "endless headers": (floods(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), (None, "bad_answer")),
    "an endless header": (floods(b"HTTP/1.1 200 OK\r\nX: ", b"y"), (None, "bad_answer")),
    "an endless status": (floods(b"HTTP/1.1 200 ", b"y"), (None, "bad_answer")),
    "no body": (says(b"HTTP/1.1 204 No\r\n\r\n"), (204, "")),
    "a continuation first": (
        says(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Yes\r\nContent-Length: 0\r\n\r\n"),
        (201, ""),
    ),
    "stays connected": (says_and_waits(b"HTTP/1.1 410 Gone\r\nContent-Length: 2\r\n\r\nno"), (410, "")),
    "half a body": (says(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"), (200, "")),
    "an endless body": (floods(b"HTTP/1.1 200 OK\r\n\r\n", b"y"), (200, "")),
    "a huge length": (says(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nx"), (200, "")),
    "a length below nothing": (says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"), (200, "")),
    "endless chunks": (
        floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (200, ""),
    ),
    "an endless chunk": (
        floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n", b"y"),
        (200, ""),
    ),
    "a chunk that is none": (
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx"),
        (200, ""),
    ),
    "a chunk below nothing": (
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nx"),
        (200, ""),
    ),
    "garbage for a body": (says(b"HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\n\r\n\x00\xff"), (500, "")),
}
IS_CUT_OFF: dict[str, Behaviour] = {
    "silence": is_silent,
    "no answer": says_and_waits(b""),
    "half a status": says_and_waits(b"HTTP/1.1 2"),
    "a status, a little at a time": trickles(b"HTTP/1.1 200 ", b"y", b"\r\nContent-Length: 0\r\n\r\n"),
    "a header, a little at a time": trickles(
        b"HTTP/1.1 200 OK\r\nX: ", b"y", b"\r\nContent-Length: 0\r\n\r\n"
    ),
    "continuations, one at a time": trickles(
        b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    ),
    "endless continuations": floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}
IS_LEFT: dict[str, Behaviour] = {
    "half a body, and silence": says_and_waits(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"),
    "a body, a little at a time": trickles(b"HTTP/1.1 200 OK\r\n\r\n", b"y"),
    "chunks, one at a time": trickles(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"
    ),
    "trailers, one at a time": trickles(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"
    ),
}


@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("what", ENDS_BY_ITSELF)
def test_whatever_a_receiver_answers_is_told(what: str, *, tls: bool) -> None:
    behave, expected = ENDS_BY_ITSELF[what]
    with receiver(behave, tls=certificate(NAME) if tls else None) as server:
        assert either_way(server, tls=tls) == expected


@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("what", IS_CUT_OFF)
def test_a_receiver_that_takes_too_long_is_cut_off(what: str, *, tls: bool) -> None:
    with receiver(IS_CUT_OFF[what], tls=certificate(NAME) if tls else None) as server:
        assert either_way(server, tls=tls, total_s=SOON_S) == (None, "timeout")
        assert not server.trickled_out


@pytest.mark.parametrize("what", IS_LEFT)
def test_a_status_is_told_though_its_body_has_no_end(what: str) -> None:
    with receiver(IS_LEFT[what]) as server:
        assert either_way(server, tls=False, total_s=LATER_S) == (200, "")
        assert not server.trickled_out


def either_way(server: Receiver, *, tls: bool, total_s: float = 10.0) -> tuple[int | None, str]:
    if tls:
        return posted_to(server, reaching(total_s=total_s))
    post = Post(local=True, resolve=liar("127.0.0.1"), total_s=total_s)
    return told(post(f"http://localhost:{server.port}/hook", BODY, HEADERS))


@pytest.mark.parametrize("size", [b"-1", b"-5", b"-ffffffff"])
def test_a_chunk_below_nothing_is_no_way_to_fill_the_memory(size: bytes) -> None:
    flood = floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n", b"y")
    with receiver(flood) as server:
        assert either_way(server, tls=False, total_s=2.0) == (200, "")
        assert server.sent_bytes < 32_000_000  # what the system's buffers hold, and no more


def test_a_message_that_is_never_read_is_cut_off() -> None:
    with receiver(is_silent) as server:
        post = Post(local=True, resolve=liar("127.0.0.1"), total_s=SOON_S)
        posted = post(f"http://localhost:{server.port}/", b"x" * 50_000_000, HEADERS)

    assert told(posted) == (None, "timeout")


def test_a_receiver_that_hangs_up_at_once_is_no_connection() -> None:
    with receiver(hangs_up) as server:
        assert either_way(server, tls=False) == (None, "connection")


# TLS.


def test_a_message_arrives_whole_under_the_name_and_not_the_address() -> None:
    with receiver(answers(body=b"thanks"), tls=certificate(NAME)) as server:
        assert posted_to(server, reaching(), "/hook?key=1") == (200, "")
        assert server.named == [NAME]
        head, _, body = server.got[0].partition(b"\r\n\r\n")
        start, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        agent = headers.pop("User-Agent")

    assert (start, body) == ("POST /hook?key=1 HTTP/1.1", BODY)
    assert agent.startswith("proctoring-webhooks/")
    assert headers == {
        "Host": f"{NAME}:{server.port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(BODY)),
        "Connection": "close",
        "webhook-id": "msg_1",
    }


def test_a_certificate_that_nobody_vouches_for_is_refused(other: Receiver) -> None:
    post = Post(resolve=liar("127.0.0.1"), is_allowed=yes)

    assert posted_to(other, post) == (None, "tls")
    assert other.got == []


@pytest.mark.parametrize("name", ["other.example", "sub.harmless.example", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(name: str) -> None:
    with receiver(answers(), tls=certificate(name)) as server:
        post = Post(resolve=liar("127.0.0.1"), is_allowed=yes, context=certificate(name).is_trusted())

        assert posted_to(server, post) == (None, "tls")
        assert server.got == []


def test_a_server_without_tls_is_refused() -> None:
    with receiver(trickles_at_once(b"HTTP/1.1 400 Bad Request\r\n\r\n", b"y")) as server:
        assert posted_to(server, reaching()) == (None, "tls")


@pytest.mark.parametrize("behave", [is_silent, trickles_at_once(b"\x16\x03\x03\x40\x00", b"\x02")])
def test_a_handshake_without_end_is_cut_off(behave: Behaviour) -> None:
    with receiver(behave) as server:
        assert posted_to(server, reaching(total_s=SOON_S)) == (None, "timeout")
        assert not server.trickled_out


# This machine.


def test_a_local_receiver_is_reached_over_http_as_the_system_knows_it() -> None:
    with receiver(answers(202)) as server:
        posted = Post(local=True)(f"http://localhost:{server.port}", BODY, HEADERS)

    assert told(posted) == (202, "")
    assert server.got[0].startswith(b"POST / HTTP/1.1\r\nHost: localhost:")


@pytest.mark.parametrize("address", [each for each in ("127.0.0.1", "::1") if has(each)])
def test_a_local_receiver_is_reached_by_its_address(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with receiver(answers(202), address=address) as server:
        posted = Post(local=True)(f"http://{host}:{server.port}/", BODY, HEADERS)

    assert told(posted) == (202, "")
    assert f"\r\nHost: {host}:{server.port}\r\n".encode() in server.got[0]


@pytest.mark.parametrize(
    "addresses",
    [("93.184.216.34",), ("10.0.0.1",), ("127.0.0.2",), ("127.0.0.1", "10.0.0.1"), ("::ffff:127.0.0.1",)],
)
def test_a_localhost_that_is_somewhere_else_is_refused(addresses: tuple[str, ...]) -> None:
    with receiver(answers(), address=ANY) as server:
        post = Post(local=True, resolve=liar(*addresses))

        assert told(post(f"http://localhost:{server.port}/", BODY, HEADERS)) == (None, "refused_address")
        assert server.was_left_alone()


def test_without_local_this_machine_is_a_bad_url() -> None:
    with receiver(answers(), address=ANY) as server:
        assert told(Post()(f"http://localhost:{server.port}/", BODY, HEADERS)) == (None, "bad_url")
        assert server.was_left_alone()


def test_local_opens_nothing_over_https() -> None:
    with receiver(answers(), address=ANY, tls=certificate(NAME)) as server:
        assert posted_to(server, Post(local=True, resolve=liar("127.0.0.1"))) == (None, "refused_address")
        assert server.was_left_alone()
