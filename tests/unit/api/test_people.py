"""The people of a tenant, over HTTP."""

from typing import Any

import pytest

from chalicelib import wiring
from tests.unit.api.people import PASSWORD, somebody
from tests.unit.api.service import Answer, Service


def invite(service: Service, email: str, role: str = "candidate", **options: Any) -> Answer:  # noqa: ANN401
    return service.post("/api/people", {"email": email, "role": role}, **options)


def limit_key(service: Service, *scopes: str) -> None:
    """Let the service's key have these scopes alone."""
    service.cloud.client("dynamodb").update_item(
        TableName=service.cloud.settings.tenants_table,
        Key={"pk": {"S": f"key#{service.key.split('_')[2]}"}},
        UpdateExpression="SET scopes = :scopes",
        ExpressionAttributeValues={":scopes": {"SS": list(scopes)}},
    )


def change(service: Service, person_id: str, wanted: object, **options: Any) -> Answer:  # noqa: ANN401
    return service.call("PATCH", f"/api/people/{person_id}", body=wanted, **options)


def remove(service: Service, person_id: str, **options: Any) -> Answer:  # noqa: ANN401
    return service.call("DELETE", f"/api/people/{person_id}", **options)


def listed(service: Service, query: str = "", **options: Any) -> list[str]:  # noqa: ANN401
    return [each["email"] for each in service.get(f"/api/people{query}", **options).json["people"]]


def test_an_invitation_is_shown_once_and_lists_show_nothing_of_it(service: Service) -> None:
    answer = invite(service, "Ada@Example.com", "proctor", credential=None)

    assert answer.status == 201
    assert answer.json["invitation"].startswith(f"inv_{answer.json['person']['person_id']}_")
    assert (answer.json["person"]["email"], answer.json["person"]["status"]) == ("ada@example.com", "invited")
    page = service.get("/api/people")
    assert [each["person_id"] for each in page.json["people"]] == [answer.json["person"]["person_id"]]
    assert set(page.json["people"][0]) == {"person_id", "email", "name", "role", "status", "created_at"}
    assert answer.json["invitation"].encode() not in page.body


def test_who_is_invited_again_is_the_same_person_and_who_is_registered_is_409(service: Service) -> None:
    first, second = invite(service, "ada@example.com"), invite(service, "ADA@example.com", "proctor")
    wanted = {"email": "ada@example.com", "password": PASSWORD}
    old, new = (
        service.post("/api/register", {**wanted, "invitation": each.json["invitation"]}, credential="").status
        for each in (first, second)
    )

    assert second.json["person"]["person_id"] == first.json["person"]["person_id"]
    assert (old, new) == (422, 201)
    assert invite(service, "ada@example.com").status == 409


@pytest.mark.parametrize("body", [{}, {"email": "ada"}, {"email": "a@b.c", "role": "owner"}], ids=str)
def test_who_cannot_be_invited_is_422(service: Service, body: dict[str, str]) -> None:
    assert service.post("/api/people", body).status == 422


def test_people_are_listed_in_pages_the_newest_first_and_by_role(service: Service) -> None:
    emails = [f"{number}@example.com" for number in range(5)]
    for number, email in enumerate(emails):
        invite(service, email, "proctor" if number % 2 else "candidate")
    rival = wiring.open_tenant()("Rival").text
    invite(service, "theirs@example.com", credential=rival)

    first = service.get("/api/people?limit=3").json
    second = service.get(f"/api/people?limit=3&cursor={first['next_cursor']}").json

    pages = [each["email"] for page in (first, second) for each in page["people"]]
    assert pages == emails[::-1]
    assert second["next_cursor"] is None
    assert listed(service, "?role=proctor") == ["3@example.com", "1@example.com"]
    assert listed(service, credential=rival) == ["theirs@example.com"]
    assert service.get("/api/people?cursor=x").status == 422


def test_a_proctor_lists_people_and_changes_none_and_a_candidate_sees_none(service: Service) -> None:
    ada = somebody(service, "candidate")
    proctor = somebody(service, "proctor").token
    by_role = {
        "proctor": [
            service.get("/api/people", credential=proctor).status,
            invite(service, "x@example.com", credential=proctor).status,
            change(service, ada.person_id, {"role": "admin"}, credential=proctor).status,
            remove(service, ada.person_id, credential=proctor).status,
        ],
        "candidate": [service.get("/api/people", credential=ada.token).status],
    }

    assert by_role == {"proctor": [200, 403, 403, 403], "candidate": [403]}


def test_an_admin_changes_a_person_at_once(service: Service) -> None:
    admin, ada = somebody(service, "admin").token, somebody(service, "candidate")
    assert service.get("/api/people", credential=ada.token).status == 403

    answer = change(service, ada.person_id, {"role": "proctor", "name": "Ada"}, credential=admin)

    assert (answer.status, answer.json["person"]["role"], answer.json["person"]["name"]) == (
        200,
        "proctor",
        "Ada",
    )
    assert service.get("/api/people", credential=ada.token).status == 200


def test_nobody_ends_their_own_role_or_removes_themselves(service: Service) -> None:
    admin = somebody(service, "admin")

    answers = [
        change(service, admin.person_id, {"role": "proctor"}, credential=admin.token),
        remove(service, admin.person_id, credential=admin.token),
    ]

    assert [each.status for each in answers] == [409, 409]
    assert remove(service, admin.person_id).status == 200


def test_a_key_without_every_scope_touches_no_admin(service: Service) -> None:
    admin, ada = somebody(service, "admin"), somebody(service)
    invite(service, "waiting@example.com", "admin")
    limit_key(service, "people:read", "people:write")

    refused = [
        invite(service, "eve@example.com", "admin"),
        invite(service, "waiting@example.com", "candidate"),
        change(service, ada.person_id, {"role": "admin"}),
        change(service, admin.person_id, {"role": "candidate"}),
        remove(service, admin.person_id),
    ]

    assert [each.status for each in refused] == [403] * 5
    assert remove(service, ada.person_id).status == 200


def test_a_key_makes_a_proctor_only_if_it_may_read_what_proctors_read(service: Service) -> None:
    ada = somebody(service)
    limit_key(service, "people:read", "people:write", "exams:read")
    refused = [
        invite(service, "bob@example.com", "proctor"),
        change(service, ada.person_id, {"role": "proctor"}),
    ]
    limit_key(service, "people:read", "people:write", "exams:read", "sessions:read")

    assert [each.status for each in refused] == [403, 403]
    assert "sessions:read" in refused[0].json["detail"]
    assert invite(service, "bob@example.com", "proctor").status == 201
    assert change(service, ada.person_id, {"role": "proctor"}).status == 200


def test_a_key_with_the_scope_to_read_only_reads(service: Service) -> None:
    limit_key(service, "people:read")

    assert service.get("/api/people").status == 200
    assert invite(service, "ada@example.com").status == 403


def test_another_tenants_person_is_404_as_if_there_were_none(service: Service) -> None:
    ada = somebody(service)
    rival = wiring.open_tenant()("Rival").text
    absent = "f" * 32
    of_theirs, of_nobody = (
        [
            change(service, who, {"name": "x"}, credential=rival),
            remove(service, who, credential=rival),
        ]
        for who in (ada.person_id, absent)
    )

    assert [each.status for each in (*of_theirs, *of_nobody)] == [404] * 4
    for theirs, nobody in zip(of_theirs, of_nobody, strict=True):
        assert theirs.body.replace(ada.person_id.encode(), absent.encode()) == nobody.body
    assert service.get("/api/me", credential=ada.token).status == 200


def test_a_removed_person_is_gone_and_the_e_mail_is_free(service: Service) -> None:
    ada = somebody(service, email="gone@example.com")

    first, again = remove(service, ada.person_id), remove(service, ada.person_id)

    assert (first.status, first.json["person_id"], again.status) == (200, ada.person_id, 404)
    assert listed(service) == []
    assert invite(service, "gone@example.com").status == 201
    stored = str(service.cloud.client("dynamodb").scan(TableName=service.cloud.settings.tenants_table))
    assert ada.person_id not in stored
