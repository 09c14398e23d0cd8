"""The gateway hands over what API Gateway would, and answers what API Gateway would refuse."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING, Any

import pytest
from chalice.app import Chalice, Response

from infra.local.gateway import MOST_BODY_BYTES, MOST_EVENT_BYTES, Server

if TYPE_CHECKING:
    from tests.offline.conftest import Cloud


def standin() -> Chalice:
    """An app that shows what reached it."""
    app = Chalice(app_name="standin", configure_logs=False)
    app.api.cors = True
    app.api.binary_types = [*app.api.binary_types, "multipart/form-data"]

    @app.route(
        "/echo/{name}", methods=["GET", "POST"], content_types=["application/json", "multipart/form-data"]
    )
    def echo(name: str) -> dict[str, Any]:
        request = app.current_request
        assert request is not None
        event, body = request.to_original_event(), request.raw_body
        assert isinstance(body, bytes)
        return {
            "name": name,
            "query": event["multiValueQueryStringParameters"],
            "bytes": len(body),
            "first": base64.b64encode(body[:16]).decode(),
            "encoded": event["isBase64Encoded"],
            "request_id": len(request.context["requestId"]),
        }

    @app.route("/picture")
    def picture() -> Response:
        return Response(b"\x89PNG\x00", headers={"Content-Type": "image/png"})

    @app.route("/unspeakable")
    def unspeakable() -> object:
        return {"answer": object()}

    return app


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(standin(), 0) as started:
        thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield started
        started.shutdown()
        thread.join()


@pytest.fixture
def connection(server: Server) -> Iterator[HTTPConnection]:
    opened = HTTPConnection("127.0.0.1", server.server_address[1])
    yield opened
    opened.close()


def read(answer: HTTPResponse) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(answer.read())
    return said


def talk(server: Server, sent: bytes) -> bytes:
    """What comes back for these very bytes, until the server hangs up."""
    with socket.create_connection(("127.0.0.1", server.server_address[1])) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        received = b""
        while block := client.recv(65_536):
            received += block
    return received


def assert_problem(answer: HTTPResponse, status: int, instance: str) -> None:
    problem = read(answer)

    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert problem["status"] == status
    assert problem["instance"] == instance
    assert problem["success"] is False
    assert problem["error"] == problem["detail"]
    assert {"type", "title"} <= problem.keys()


def test_a_request_arrives_whole_and_connections_are_kept(connection: HTTPConnection) -> None:
    for size in (0, 20_000):
        connection.request(
            "POST", "/echo/ann?a=1&a=2", body=b"x" * size, headers={"Content-Type": "application/json"}
        )
        kept = connection.sock
        answer = connection.getresponse()

        assert read(answer) == {
            "name": "ann",
            "query": {"a": ["1", "2"]},
            "bytes": size,
            "first": base64.b64encode(b"x" * min(size, 16)).decode(),
            "encoded": False,
            "request_id": 36,
        }
        assert connection.sock is kept


def test_a_form_arrives_byte_for_byte(connection: HTTPConnection) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
    connection.request("POST", "/echo/ann", body=bytes(range(256)), headers=headers)
    answer = read(connection.getresponse())

    assert (answer["bytes"], answer["encoded"]) == (256, True)
    assert base64.b64decode(answer["first"]) == bytes(range(16))


def test_a_binary_answer_is_binary(connection: HTTPConnection) -> None:
    connection.request("GET", "/picture", headers={"Accept": "image/png"})

    assert connection.getresponse().read() == b"\x89PNG\x00"


def test_many_requests_at_once_do_not_mix(server: Server) -> None:
    def ask(number: int) -> tuple[str, int]:
        connection = HTTPConnection("127.0.0.1", server.server_address[1])
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"/echo/{number}", body=b"x" * number, headers=headers)
        answer = read(connection.getresponse())
        connection.close()
        return answer["name"], answer["bytes"]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(200)))

    assert answers == [(str(number), number) for number in range(200)]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing?x=1"), ("DELETE", "/picture"), ("OPTIONS", "/nothing")]
)
def test_an_unknown_path_or_method_is_a_problem_that_a_browser_may_read(
    connection: HTTPConnection, method: str, path: str
) -> None:
    connection.request(method, path)

    assert_problem(connection.getresponse(), 404, path.partition("?")[0])


def test_a_browser_may_ask_before_it_calls(connection: HTTPConnection) -> None:
    connection.request("OPTIONS", "/echo/ann", headers={"Origin": "https://jobs.example"})
    answer = connection.getresponse()
    answer.read()

    assert answer.status == 200
    assert set(answer.headers["Access-Control-Allow-Methods"].split(",")) == {"GET", "POST", "OPTIONS"}


def test_head_is_get_without_its_body(connection: HTTPConnection) -> None:
    connection.request("HEAD", "/echo/ann")
    answer = connection.getresponse()

    assert (answer.status, answer.read()) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0
    connection.request("GET", "/echo/ann")
    assert connection.getresponse().status == 200


def test_a_function_that_fails_is_a_bad_gateway(connection: HTTPConnection) -> None:
    connection.request("GET", "/unspeakable")

    assert_problem(connection.getresponse(), 502, "/unspeakable")


def test_a_body_beyond_the_gateways_limit_is_refused_without_being_kept(connection: HTTPConnection) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": str(4 * MOST_BODY_BYTES)}
    connection.request("POST", "/echo/ann", body=(b"x" * MOST_BODY_BYTES for _ in range(4)), headers=headers)

    assert_problem(connection.getresponse(), 413, "/echo/ann")


def test_a_chunked_body_beyond_the_limit_is_refused(connection: HTTPConnection) -> None:
    chunks = (b"x" * 1_000_000 for _ in range(12))
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/echo/ann", body=chunks, headers=headers, encode_chunked=True)

    assert_problem(connection.getresponse(), 413, "/echo/ann")


def test_a_body_beyond_lambdas_limit_is_refused(connection: HTTPConnection) -> None:
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/echo/ann", body=b"x" * (MOST_EVENT_BYTES + 1), headers=headers)

    assert_problem(connection.getresponse(), 413, "/echo/ann")


def test_who_asks_before_sending_too_much_is_told_at_once(server: Server) -> None:
    head = f"POST /echo/a HTTP/1.1\r\nContent-Length: {MOST_BODY_BYTES + 1}\r\nExpect: 100-continue\r\n\r\n"

    answer = talk(server, head.encode())

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_a_chunked_body_arrives_whole_and_the_connection_is_kept(connection: HTTPConnection) -> None:
    for _ in range(2):
        chunks = (b"x" * size for size in (1, 100, 10_000))
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/echo/ann", body=chunks, headers=headers, encode_chunked=True)

        assert read(connection.getresponse())["bytes"] == 10_101


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: many\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: gzip\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nsome\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
    ],
)
def test_a_body_whose_length_is_unclear_is_refused(server: Server, head: bytes) -> None:
    answer = talk(server, b"POST /echo/a HTTP/1.1\r\nHost: x\r\n" + head)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 70_000,
        b"\r\n",
    ],
)
def test_nonsense_is_refused_and_the_server_lives(
    server: Server, sent: bytes, connection: HTTPConnection
) -> None:
    talk(server, sent)

    connection.request("GET", "/echo/ann")
    assert connection.getresponse().status == 200


def test_a_client_that_goes_away_leaves_no_trace(
    server: Server, connection: HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    for sent in (b"POST /echo/a HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc", b"GET /echo/a HTT", b""):
        client = socket.create_connection(("127.0.0.1", server.server_address[1]))
        client.sendall(sent)
        # Closed with a reset, as when a browser's tab is gone.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        client.close()
    connection.request("GET", "/echo/ann")

    assert connection.getresponse().status == 200
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_port_is_not_shared(server: Server) -> None:
    with pytest.raises(OSError, match="in use"):
        Server(standin(), server.server_address[1])


def test_the_real_service_answers_an_unknown_path_in_the_same_form(cloud: "Cloud") -> None:
    connection = HTTPConnection(cloud.url.removeprefix("http://"))
    connection.request("GET", "/api/nothing", headers={"Authorization": "Bearer x"})

    assert_problem(connection.getresponse(), 404, "/api/nothing")
