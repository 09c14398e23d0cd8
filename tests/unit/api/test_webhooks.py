"""Endpoints of webhooks, their secrets and what was sent to them."""

from base64 import b64decode, b64encode
from collections.abc import Iterator

import pytest

from chalicelib import wiring
from chalicelib.workers import jobs
from tests.unit.api.service import Answer, Service, running_service
from tests.unit.vision.pictures import jpeg, portrait

PATH = "/api/webhooks/endpoints"
WANTED = {"url": "https://you.example/hook", "events": ["image.completed", "session.ended"]}
PICTURE = b64encode(jpeg(portrait())).decode()


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


def create(service: Service, **more: object) -> Answer:
    return service.post(PATH, WANTED | more)


def tenant_of(service: Service) -> str:
    return wiring.check_key()(service.key).tenant_id


def told(service: Service, *request_ids: str) -> None:
    """Pictures that were looked at, and of which the endpoints are to be told."""
    for request_id in request_ids:
        handed = service.post("/api/image", {"image": PICTURE, "request_id": request_id}).json
        jobs.JOBS["detect_image"]({"tenant_id": tenant_of(service), "image_id": handed["image_id"]})


def test_a_new_endpoint_shows_its_secret_which_is_in_no_list(service: Service) -> None:
    made = create(service, description="Ours").json
    path = f"{PATH}/{made['endpoint']['endpoint_id']}"
    shown = [service.get(PATH), service.get(path)]
    secrets = service.get(f"{path}/secret").json["secrets"]

    assert made["secret"].startswith("whsec_")
    assert len(b64decode(made["secret"].removeprefix("whsec_"))) == 32
    assert secrets == [{"secret": made["secret"], "until": None}]
    assert shown[0].json["endpoints"] == [made["endpoint"]] == [shown[1].json["endpoint"]]
    assert not any(made["secret"].encode() in each.body for each in shown)
    assert (made["endpoint"]["events"], made["endpoint"]["description"], made["endpoint"]["disabled"]) == (
        ["image.completed", "session.ended"],
        "Ours",
        False,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://you.example/"},
        {"url": "http://localhost:9000/"},
        {"url": "https://192.168.0.1/"},
        {"events": []},
        {"events": ["session.paused"]},
        {"description": "x" * 201},
    ],
    ids=str,
)
def test_an_endpoint_that_cannot_be_is_422(service: Service, wrong: dict[str, object]) -> None:
    assert create(service, **wrong).status == 422
    assert service.get(PATH).json["endpoints"] == []


def test_there_may_be_ten(service: Service) -> None:
    statuses = [create(service).status for _ in range(11)]

    assert statuses == [201] * 10 + [409]


def test_an_endpoint_is_changed_switched_off_and_on_and_deleted(service: Service) -> None:
    path = f"{PATH}/{create(service).json['endpoint']['endpoint_id']}"

    moved = service.call("PATCH", path, body={"url": "https://other.example/", "events": ["report.ready"]})
    off = service.call("PATCH", path, body={"disabled": True}).json["endpoint"]
    on = service.call("PATCH", path, body={"disabled": False}).json["endpoint"]
    inside = service.call("PATCH", path, body={"url": "https://127.0.0.1/"})
    deleted = service.call("DELETE", path)

    assert (moved.json["endpoint"]["url"], moved.json["endpoint"]["events"]) == (
        "https://other.example/",
        ["report.ready"],
    )
    assert (off["disabled"], bool(off["reason"]), on["disabled"], on["reason"]) == (True, True, False, None)
    assert (inside.status, deleted.status, service.get(path).status) == (422, 200, 404)
    assert service.get(PATH).json["endpoints"] == []


def test_the_endpoint_of_callbacks_is_there_and_stays(service: Service) -> None:
    path = f"{PATH}/callbacks"
    found = service.get(path).json["endpoint"]
    first, again = (service.get(f"{path}/secret").json["secrets"] for _ in range(2))

    assert (found["url"], found["events"], first) == (None, [], again)
    assert service.call("PATCH", path, body={"disabled": True}).status == 409
    assert service.call("DELETE", path).status == 409
    assert len(service.post(f"{path}/rotate", {}).json["secrets"]) == 2
    assert len(service.post(f"{path}/rotate", {}).json["secrets"]) == 2


def test_deliveries_are_listed_the_newest_first_a_page_at_a_time(service: Service) -> None:
    path = f"{PATH}/{create(service).json['endpoint']['endpoint_id']}/deliveries"
    told(service, "r-1", "r-2", "r-3")

    first = service.get(f"{path}?limit=2").json
    second = service.get(f"{path}?limit=2&cursor={first['next_cursor']}").json
    failed = service.get(f"{path}?status=failed").json
    ids = [each["message_id"] for each in (*first["deliveries"], *second["deliveries"])]
    bodies = [service.get(f"{path}/{each}").json["body"]["data"]["request_id"] for each in ids]

    assert (len(first["deliveries"]), len(second["deliveries"]), failed["deliveries"]) == (2, 1, [])
    assert (ids, bodies) == (sorted(ids, reverse=True), ["r-3", "r-2", "r-1"])
    assert service.get(f"{path}?cursor=nonsense").status == 422
    assert service.get(f"{path}/msg_0").status == 404


def test_a_message_is_sent_again_for_who_asks(service: Service) -> None:
    path = f"{PATH}/{create(service).json['endpoint']['endpoint_id']}"
    told(service, "r-1")
    (message,) = service.get(f"{path}/deliveries").json["deliveries"]

    again = service.post(f"{path}/deliveries/{message['message_id']}/redeliver")
    service.call("PATCH", path, body={"disabled": True})
    refused = service.post(f"{path}/deliveries/{message['message_id']}/redeliver")

    assert (again.status, again.json["delivery"]["status"], refused.status) == (202, "pending", 409)
    assert service.post(f"{path}/deliveries/msg_0/redeliver").status == 409


def test_another_tenants_endpoint_is_404_as_if_there_were_none(service: Service) -> None:
    path = f"{PATH}/{create(service).json['endpoint']['endpoint_id']}"
    rival = wiring.open_tenant()("Rival").text

    answers = [service.get(f"{path}{tail}", credential=rival) for tail in ("", "/secret", "/deliveries")] + [
        service.call("DELETE", path, credential=rival)
    ]

    assert [each.status for each in answers] == [404] * 4
    assert service.get(PATH, credential=rival).json["endpoints"] == []
