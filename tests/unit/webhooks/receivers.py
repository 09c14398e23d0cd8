"""Servers on loopback that receive a message and then behave in every bad way."""

import datetime as dt
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "harmless.example"
ANY = "any"
"""Every address of this machine, of IPv6 too where it exists."""
_PACE_S, _ROUNDS = 0.02, 250
_POLL_S = 5.0
_CHUNK = 65_536


@dataclass(slots=True)
class Receiver:
    """Where it listens, who came, what they sent and what they were sent."""

    behave: "Behaviour"
    address: str = "127.0.0.1"
    port: int = 0
    came: SimpleQueue[int] = field(default_factory=SimpleQueue)
    """The ports of those who connected, in turn."""
    got: list[bytes] = field(default_factory=list)
    named: list[str | None] = field(default_factory=list)
    """Server names of TLS."""
    sent_bytes: int = 0
    trickled_out: bool = False
    """Nobody hung up for as long as it trickled."""
    closing: Event = field(default_factory=Event)

    def was_left_alone(self) -> bool:
        """Whether nobody came: connections are taken in turn, so that this one is the first."""
        with socket.create_connection((self.address, self.port), timeout=_POLL_S) as own:
            return self.came.get(timeout=_POLL_S) == int(own.getsockname()[1])

    def message(self, connection: socket.socket) -> None:
        """Read a request to its end."""
        with connection.makefile("rb") as stream:
            head = b"".join(iter(stream.readline, b"\r\n"))
            lengths = [
                line.split(b":")[1] for line in head.lower().split(b"\r\n") if b"content-length" in line
            ]
            self.got.append(head + b"\r\n" + stream.read(int(lengths[0])))

    def send(self, connection: socket.socket, piece: bytes) -> None:
        connection.sendall(piece)
        self.sent_bytes += len(piece)


Behaviour = Callable[[Receiver, socket.socket], None]


@dataclass(frozen=True, slots=True)
class Certificate:
    """One that signed itself, with its key."""

    pem: bytes

    def serves(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            path = Path(folder, "certificate.pem")
            path.write_bytes(self.pem)
            context.load_cert_chain(path)
        return context

    def is_trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.pem[self.pem.index(b"-----BEGIN CERT") :].decode())


@cache
def certificate(*names: str) -> Certificate:
    """For these names and addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(list(map(_general, names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(private + made.public_bytes(serialization.Encoding.PEM))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@contextmanager
def receiver(
    behave: Behaviour, *, address: str = "127.0.0.1", port: int = 0, tls: Certificate | None = None
) -> Iterator[Receiver]:
    """It listens until the end of the block; `port` 0 is a free one."""
    with _listening(address, port) as listening:
        where = "127.0.0.1" if address == ANY else address
        state = Receiver(behave, address=where, port=listening.getsockname()[1])
        context = tls.serves() if tls else None
        if context:
            context.sni_callback = lambda _, name, __: state.named.append(name)
        thread = Thread(target=_accept, args=(state, listening, context), daemon=True)
        thread.start()
        try:
            yield state
        finally:
            state.closing.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def deaf(address: str = "127.0.0.1") -> Iterator[int]:
    """A port that is taken, and where every connection is refused."""
    with socket.socket() as taken:
        taken.bind((address, 0))
        yield int(taken.getsockname()[1])


def has(address: str) -> bool:
    """Whether this machine has this address of loopback."""
    try:
        _listening(address, 0).close()
    except OSError:
        return False
    return True


def _listening(address: str, port: int) -> socket.socket:
    if address == ANY:
        if socket.has_dualstack_ipv6() and has("::1"):
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        return socket.create_server(("0.0.0.0", port))
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family)


def _accept(state: Receiver, listening: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, peer = listening.accept()
        except OSError:  # the end of the block
            return
        state.came.put(peer[1])
        Thread(target=_serve, args=(state, connection, context), daemon=True).start()


def _serve(state: Receiver, connection: socket.socket, context: ssl.SSLContext | None) -> None:
    # Whoever leaves in the middle is what the tests are about.
    with suppress(OSError, IndexError):
        connection.settimeout(_POLL_S)
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        state.behave(state, connection)
    connection.close()


def answers(status: int = 200, *headers: str, body: bytes = b"") -> Behaviour:
    """Answer as it should be."""
    lines = [f"HTTP/1.1 {status} Yes", f"Content-Length: {len(body)}", *headers, "", ""]
    return says("\r\n".join(lines).encode() + body)


def says(answer: bytes) -> Behaviour:
    """Read the message, say these bytes and hang up."""

    def behave(state: Receiver, connection: socket.socket) -> None:
        state.message(connection)
        state.send(connection, answer)

    return behave


def says_and_waits(answer: bytes) -> Behaviour:
    """Read the message, say these bytes and nothing more, until the end of the test."""

    def behave(state: Receiver, connection: socket.socket) -> None:
        state.message(connection)
        state.send(connection, answer)
        state.closing.wait()

    return behave


def floods(start: bytes, piece: bytes) -> Behaviour:
    """Say this, and then that again and again, as fast as can be."""

    def behave(state: Receiver, connection: socket.socket) -> None:
        state.message(connection)
        state.send(connection, start)
        while not state.closing.is_set():
            state.send(connection, piece * (_CHUNK // len(piece)))

    return behave


def trickles(start: bytes, piece: bytes = b"x", end: bytes = b"") -> Behaviour:
    """Say this, then that a little at a time for five seconds, and then the end."""

    def behave(state: Receiver, connection: socket.socket) -> None:
        state.message(connection)
        _trickle(state, connection, start, piece)
        state.send(connection, end)

    return behave


def trickles_at_once(start: bytes, piece: bytes) -> Behaviour:
    """Trickle without reading anything."""

    def behave(state: Receiver, connection: socket.socket) -> None:
        _trickle(state, connection, start, piece)

    return behave


def _trickle(state: Receiver, connection: socket.socket, start: bytes, piece: bytes) -> None:
    state.send(connection, start)
    for _ in range(_ROUNDS):
        if state.closing.wait(_PACE_S):
            return
        state.send(connection, piece)
    state.trickled_out = True


def is_silent(state: Receiver, _: socket.socket) -> None:
    """Neither read nor say anything."""
    state.closing.wait()


def hangs_up(_: Receiver, connection: socket.socket) -> None:
    """End the connection at once."""
    connection.close()
