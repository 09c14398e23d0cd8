"""Frames over HTTP: as JSON, as a form, one at a time and in batches."""

from base64 import b64encode
from typing import Any

import pytest

from tests.unit.api.forms import form
from tests.unit.api.service import Answer, Service
from tests.unit.vision.pictures import flat, jpeg, png, portrait, tiny_file
from tests.unit.vision.rekognition_server import answers, fails

JPEG, PNG = jpeg(portrait()), png(portrait())
FACE: dict[str, Any] = {
    "BoundingBox": {"Left": 0.3, "Top": 0.2, "Width": 0.4, "Height": 0.4},
    "Confidence": 99.5,
    "Pose": {"Yaw": 10.0, "Pitch": 0.0, "Roll": 0.0},
    "Emotions": [{"Type": "CALM", "Confidence": 50.0}],
    "Landmarks": [{"Type": "nose", "X": 0.5, "Y": 0.5}],
}
FORM = "multipart/form-data; boundary=frontier"


@pytest.fixture
def session_id(service: Service) -> str:
    """A session that has just started; Rekognition sees one person."""
    service.rekognition.behave["DetectFaces"] = answers({"FaceDetails": [FACE]})
    service.start(session_id="s-1")
    return "s-1"


def url(session_id: str) -> str:
    return f"/api/sessions/{session_id}/frame"


def text(picture: bytes) -> str:
    return b64encode(picture).decode()


def send_form(service: Service, session_id: str, *parts: tuple[str, bytes, str | None]) -> Answer:
    return service.post(url(session_id), form(*parts), headers={"Content-Type": FORM})


def test_a_frame_is_answered_with_all_that_the_contract_says(service: Service, session_id: str) -> None:
    answer = service.frame(session_id, JPEG, seq=1).json

    result = answer["result"]
    assert (answer["success"], answer["session_id"]) == (True, "s-1")
    assert (result["frame_number"], result["face_count"]) == (1, 1)
    assert result["metrics"] == {
        "eye_contact": 92.0,
        "facial_expression": 60.0,
        "engagement": 72.8,
        "confidence": 99.5,
        "posture": 95.0,
    }
    assert (result["emotions"], result["dominant_emotion"]) == ({"CALM": 50.0}, "CALM")
    assert result["faces"][0]["box"] == {"left": 0.3, "top": 0.2, "width": 0.4, "height": 0.4}
    assert result["faces"][0]["landmarks"] == [{"type": "nose", "x": 0.5, "y": 0.5}]
    assert (result["labels_detected"], result["text_detected"], result["alerts"]) == ([], [], [])
    assert result["analysis"]["status"] == "analysed"
    assert result["reasons"] == {}


@pytest.mark.parametrize(
    "frame",
    [
        text(JPEG),
        text(PNG),
        f"data:image/jpeg;base64,{text(JPEG)}",
        f"data:image/png;base64,{text(PNG)}",
        f"data:image/jpeg;charset=utf-8;base64,{text(JPEG)}",
        f"  {text(JPEG)}\n",
    ],
    ids=["JPEG", "PNG", "JPEG URL", "PNG URL", "URL with parameters", "spaces around"],
)
def test_a_frame_may_be_base64_or_a_data_url(service: Service, session_id: str, frame: str) -> None:
    answer = service.post(url(session_id), {"frame": frame})

    assert (answer.status, answer.json["result"]["frame_number"]) == (200, 1)


@pytest.mark.parametrize("picture", [JPEG, PNG], ids=["JPEG", "PNG"])
def test_a_frame_may_be_a_file_of_a_form(service: Service, session_id: str, picture: bytes) -> None:
    answer = send_form(
        service, session_id, ("frame", picture, "frame.jpg"), ("seq", b"7", None), ("captured_at", b"", None)
    )

    assert (answer.status, answer.json["result"]["frame_number"]) == (200, 7)


def test_the_same_frame_twice_is_answered_the_same_and_looked_at_once(
    service: Service, session_id: str
) -> None:
    first, again = (service.frame(session_id, JPEG, seq=1) for _ in range(2))

    assert first.json == again.json
    assert service.rekognition.calls == ["DetectFaces", "DetectLabels", "DetectText"]


def test_what_shows_nothing_new_is_answered_without_asking_again_and_says_so(
    service: Service, session_id: str
) -> None:
    first, second = (
        service.frame(session_id, picture, seq=seq).json["result"]
        for seq, picture in enumerate((JPEG, JPEG + b"\0"), start=1)
    )
    report = service.post(f"/api/sessions/{session_id}/end").json["report"]

    assert sorted(service.rekognition.calls) == ["DetectFaces", "DetectLabels", "DetectText"]
    assert second["faces"] == first["faces"] != []
    told = [
        {name: result["analysis"][name] for name in ("faces", "labels", "text", "why")}
        for result in (first, second)
    ]
    assert told == [
        {
            "faces": "asked",
            "labels": "asked",
            "text": "asked",
            "why": {"faces": "first", "labels": "first", "text": "first"},
        },
        {"faces": "reused", "labels": "reused", "text": "reused", "why": {}},
    ]
    once = {"DetectFaces": 1, "DetectLabels": 1, "DetectText": 1}
    assert (report["spend"]["calls"], report["spend"]["saved_calls"]) == (once, once)
    assert (report["spend"]["saved_usd"], report["coverage"]["reused"]) == (0.003, 1)


def test_frames_are_numbered_where_the_client_does_not(service: Service, session_id: str) -> None:
    numbers = [service.frame(session_id, JPEG).json["result"]["frame_number"] for _ in range(3)]

    assert numbers == [1, 2, 3]


def test_an_alert_is_told_with_the_frame_it_opened_with(service: Service, session_id: str) -> None:
    service.rekognition.behave["DetectFaces"] = answers({"FaceDetails": [FACE, FACE]})

    (alert,) = service.frame(session_id, JPEG, seq=1).json["result"]["alerts"]

    assert (alert["type"], alert["severity"], alert["details"]) == (
        "multiple_faces_detected",
        "critical",
        {"face_count": 2},
    )


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        ("", 422),
        ("not base64!", 422),
        ("AAA", 422),
        (text(JPEG)[:-3] + "###", 422),
        (text(JPEG).replace("A", "A\n", 1), 422),
        ("data:image/jpeg;base64," + text(JPEG)[:401], 422),
        (f"data:image/jpeg,{text(JPEG)}", 422),
        (f"http://example.com/x.jpg,{text(JPEG)}", 422),
        ("data:image/jpeg;base64,", 422),
        ("ünïcode", 422),
        (text(b"<svg/>"), 415),
        (text(b"GIF89a"), 415),
        (text(JPEG[: len(JPEG) // 2]), 422),
        (text(tiny_file(9_000, 9_000)), 413),
        (text(jpeg(flat(128, 79, 79))), 422),
        (7, 422),
        (None, 422),
        ([text(JPEG)], 422),
        ({"frame": text(JPEG)}, 422),
    ],
    ids=lambda value: str(value)[:28],
)
def test_a_frame_that_is_no_picture_is_refused_unseen_and_the_session_goes_on(
    service: Service, session_id: str, frame: object, status: int
) -> None:
    refused = service.post(url(session_id), {"frame": frame})

    assert (refused.status, service.rekognition.asked) == (status, [])
    assert service.frame(session_id, JPEG).json["result"]["frame_number"] == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[" * 100_000, b'{"frame": NaN}', b"\xff\xd8\xff", JPEG],
    ids=["empty", "no frame", "brackets", "NaN", "bytes", "a bare picture"],
)
def test_a_body_that_is_no_frame_is_422(service: Service, session_id: str, body: bytes) -> None:
    assert service.post(url(session_id), body).status == 422


@pytest.mark.parametrize(
    "facts",
    [
        {"seq": -1},
        {"seq": 1_000_000_000},
        {"seq": 1.5},
        {"seq": "one"},
        {"captured_at": "2027-01-15T08:00:00"},
        {"captured_at": "yesterday"},
        {"captured_at": "2027-13-45T08:00:00Z"},
        {"captured_at": [2027]},
    ],
    ids=str,
)
def test_facts_that_are_none_are_422_and_named(
    service: Service, session_id: str, facts: dict[str, object]
) -> None:
    answer = service.frame(session_id, JPEG, **facts)

    assert answer.status == 422
    assert answer.json["errors"][0]["loc"] == list(facts)


@pytest.mark.parametrize(
    "captured_at",
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+23:59",
        0,
        -1e11,
        1e11,
        253402300799,
    ],
)
def test_a_time_from_another_age_is_an_answer_not_an_accident(
    service: Service, session_id: str, captured_at: object
) -> None:
    assert service.frame(session_id, JPEG, seq=1, captured_at=captured_at).status in {200, 422}


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=another",
        "multipart/form-data; boundary=" + "x" * 300,
        "Multipart/Form-Data; boundary=another",
    ],
)
def test_a_form_without_its_boundary_is_422(service: Service, session_id: str, content_type: str) -> None:
    body = form(("frame", JPEG, "frame.jpg"))

    assert service.post(url(session_id), body, headers={"Content-Type": content_type}).status == 422


WHOLE = form(("frame", JPEG, "frame.jpg"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--frontier",
        b"--frontier--",
        WHOLE[: len(WHOLE) // 2],
        WHOLE[:60],
        b"junk" + WHOLE,
        form(("picture", JPEG, "frame.jpg")),
        form(("frame", JPEG[:100], None)),
        form(*[("seq", b"1", None)] * 30, ("frame", JPEG, "frame.jpg")),
        form(("frame", JPEG, "frame.jpg"), ("seq", b"one", None)),
        form(("frame", JPEG, "frame.jpg"), ("seq", b"\xff\xfe", None)),
        form(("frame", JPEG, "frame.jpg"), ("captured_at", b"yesterday", None)),
        WHOLE.replace(b'name="frame"; ', b""),
        WHOLE.replace(b"Content-Disposition", b"Content-Position"),
        form(("frame", JPEG, "frame.jpg"), ("seq", b"1", None), field_type="text/plain; charset=nonsense"),
        form(("frame", JPEG, "frame.jpg"), ("seq", b"1", None), field_type="text/plain; charset=rot13"),
    ],
    ids=[
        "empty",
        "started",
        "closed",
        "half",
        "cut in a header",
        "junk before",
        "no frame",
        "frame as a field",
        "too many parts",
        "no number",
        "no text",
        "no time",
        "no name",
        "no disposition",
        "no charset",
        "charset of no text",
    ],
)
def test_a_form_that_is_broken_is_422(service: Service, session_id: str, body: bytes) -> None:
    answer = service.post(url(session_id), body, headers={"Content-Type": FORM})

    assert answer.status == 422


def test_a_form_that_is_too_large_is_413(service: Service, session_id: str) -> None:
    answer = send_form(service, session_id, ("frame", JPEG + b"\0" * 6_000_000, "frame.jpg"))

    assert answer.status == 413


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_an_outage_is_said_and_raises_no_alert(service: Service, session_id: str, code: str) -> None:
    status = 500 if code == "InternalServerError" else 400
    service.rekognition.behave = dict.fromkeys(service.rekognition.behave, fails(code, status))

    result = service.frame(session_id, JPEG).json["result"]

    assert (result["face_count"], result["faces"], result["alerts"]) == (None, [], [])
    assert result["analysis"]["status"] == "unanalysed"
    assert set(result["reasons"]) >= {"face_count", "emotions", "eye_contact"}


def test_an_ended_session_takes_no_frame(service: Service, session_id: str) -> None:
    service.post(f"/api/sessions/{session_id}/end")

    refused = service.frame(session_id, JPEG)

    assert (refused.status, refused.json["type"]) == (409, "urn:proctoring:problem:session-ended")


def test_an_unknown_session_is_404(service: Service) -> None:
    assert service.frame("never", JPEG).status == 404


def test_a_batch_is_answered_frame_by_frame(service: Service, session_id: str) -> None:
    frames = [
        {"frame": text(JPEG), "seq": 1},
        {"frame": "not base64!", "seq": 2},
        {"frame": text(b"<svg/>"), "seq": 3},
        {"frame": text(PNG), "seq": 4},
    ]

    answer = service.post(f"/api/sessions/{session_id}/frames", {"frames": frames})

    assert (answer.status, answer.json["success"]) == (200, False)
    assert [
        (each["seq"], each["success"], each["status"], each["result"] is None)
        for each in answer.json["results"]
    ] == [(1, True, 200, False), (2, False, 422, True), (3, False, 415, True), (4, True, 200, False)]


def test_a_batch_of_good_frames_is_a_success(service: Service, session_id: str) -> None:
    frames = [{"frame": text(JPEG), "seq": number} for number in range(1, 8)]

    answer = service.post(f"/api/sessions/{session_id}/frames", {"frames": frames}).json

    assert answer["success"] is True
    assert [each["result"]["frame_number"] for each in answer["results"]] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "frames",
    [[], [{"frame": "QQ=="}] * 21, [{}], [7], "frames", None],
    ids=["none", "too many", "no frame", "number", "text", "null"],
)
def test_a_batch_that_is_none_is_422(service: Service, session_id: str, frames: object) -> None:
    assert service.post(f"/api/sessions/{session_id}/frames", {"frames": frames}).status == 422


def test_a_batch_as_a_form_is_422(service: Service, session_id: str) -> None:
    answer = service.post(f"/api/sessions/{session_id}/frames", WHOLE, headers={"Content-Type": FORM})

    assert answer.status == 422


def test_a_candidates_browser_may_send_frames(service: Service) -> None:
    token = service.start(session_id="s-1")["session_token"]

    answer = service.post(url("s-1"), {"frame": text(JPEG)}, credential=token)

    assert answer.status == 200
