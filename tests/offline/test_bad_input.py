"""Bad input gets a clear error, costs nothing and loses nothing."""

import struct
import zlib
from collections.abc import Callable

import pytest

from tests.offline.client import Answer, Client, Emulator, Interview, base64_of, picture
from tests.offline.conftest import Cloud


def huge_png() -> bytes:
    """81 megapixels in 9 KB."""
    side = 9000
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\0" * (side // 8)) * side, 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*each) for each in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def as_frame(encoded: bytes) -> Callable[[Interview], Answer]:
    return lambda interview: interview.frame(encoded)


def as_body(raw: bytes, media_type: str = "application/json") -> Callable[[Interview], Answer]:
    return lambda interview: interview.browser.call(
        "POST", f"{interview.path}/frame", raw=raw, Content_Type=media_type
    )


WHOLE = picture(1)
CASES: dict[str, tuple[Callable[[Interview], Answer], int]] = {
    "81 megapixels in a few KB": (as_frame(huge_png()), 413),
    "a truncated JPEG": (as_frame(WHOLE[: len(WHOLE) // 2]), 422),
    "an SVG": (as_frame(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), 415),
    "a GIF": (as_frame(b"GIF89a" + bytes(50)), 415),
    "an empty picture": (as_frame(b""), 422),
    "a picture above 5 MB": (as_frame(WHOLE + bytes(5_300_000)), 413),
    "an empty body": (as_body(b""), 422),
    "bad base64": (as_body(b'{"frame": "not base64!"}'), 422),
    "a data URL without base64": (as_body(b'{"frame": "data:image/jpeg,abc"}'), 422),
    "no JSON": (as_body(b"frame=abc"), 422),
    "100,000 nested brackets": (as_body(b'{"frame": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), 422),
    "NaN": (as_body(b'{"frame": "%s", "seq": NaN}' % base64_of(WHOLE).encode()), 422),
    "a negative number": (as_body(b'{"frame": "%s", "seq": -1}' % base64_of(WHOLE).encode()), 422),
    "a time without a zone": (
        as_body(b'{"frame": "%s", "captured_at": "2026-01-01T00:00:00"}' % base64_of(WHOLE).encode()),
        422,
    ),
    "a form without a boundary": (as_body(b"--b\r\n", "multipart/form-data"), 422),
    "a form without the file": (
        as_body(
            b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        422,
    ),
    "a body above 6 MB": (as_body(b'{"frame": "' + b"A" * 6_500_000 + b'"}'), 413),
    "bytes that are no UTF-8": (as_body(b"\xff\xfe\x00"), 422),
}


@pytest.fixture
def emulator(cloud: Cloud) -> Emulator:
    return Emulator(cloud.rekognition_url)


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_explained_and_never_reaches_rekognition(
    cloud: Cloud, api_key: str, emulator: Emulator, case: str
) -> None:
    send, status = CASES[case]
    interview = Client(cloud.url, api_key).start()
    calls = emulator.calls()
    answer = send(interview)
    calls_after = emulator.calls()
    good = interview.frame(picture(2))

    assert (answer.status, answer.media_type) == (status, "application/problem+json")
    assert answer.body["success"] is False
    assert answer.body["error"] == answer.body["detail"]
    assert set(answer.body) >= {"type", "title", "status", "detail", "instance"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert calls_after == calls
    assert good.status == 200
    assert interview.metrics()["total_frames_received"] == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"policy": {"yaw_degrees": 5}}',
        b'{"policy": {"yaw_deg": 500}}',
        b'{"policy": {"alerts_off": ["nonsense"]}}',
        b'{"policy": {"keep_frames": "some"}}',
        b'{"job_data": {"x": NaN}}',
        b'{"job_data": {"x": "%s"}}' % (b"x" * 10_000),
        b'{"session_id": "../../etc"}',
        b'{"session_id": ""}',
        b"[]",
        b"null",
    ],
)
def test_a_start_that_cannot_be_meant_is_refused_without_repeating_it(
    cloud: Cloud, api_key: str, body: bytes
) -> None:
    answer = Client(cloud.url, api_key).call("POST", "/api/sessions/start", raw=body)

    assert answer.status == 422
    assert "nonsense" not in str(answer.body)
    assert "etc" not in answer.body["detail"]


def test_a_foreign_cursor_and_an_unknown_path_are_told_so(cloud: Cloud, api_key: str) -> None:
    server = Client(cloud.url, api_key)

    assert server.call("GET", "/api/sessions?cursor=abc").status == 422
    assert server.call("GET", "/api/sessions?limit=0").status == 422
    assert server.call("GET", "/api/nowhere").media_type == "application/problem+json"
    assert server.call("PUT", "/api/sessions").status == 404  # as API Gateway does


def test_in_a_batch_a_bad_frame_does_not_keep_the_others_out(cloud: Cloud, api_key: str) -> None:
    interview = Client(cloud.url, api_key).start()
    frames = [base64_of(picture(1)), base64_of(b"<svg/>"), "%%%", base64_of(picture(4))]
    batch = [{"frame": frame, "seq": seq} for seq, frame in enumerate(frames, start=1)]
    answer = interview.browser.call("POST", f"{interview.path}/frames", {"frames": batch})

    assert [(each["seq"], each["status"]) for each in answer.body["results"]] == [
        (1, 200),
        (2, 415),
        (3, 422),
        (4, 200),
    ]
    assert answer.body["success"] is False
    assert interview.metrics()["total_frames_received"] == 2
