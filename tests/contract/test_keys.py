"""What every store of API keys promises: the one in memory and the one in DynamoDB."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws.keys import Keys as DynamoKeys
from chalicelib.domain.credentials import EVERYTHING, Scope, StoredKey
from chalicelib.domain.errors import BadInput
from chalicelib.flows.ports import Keys
from tests.contract.cloud import OneAtATime
from tests.fakes import FakeKeys

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

NOW = 1_800_000_000.123
THREADS = 8


@pytest.fixture(params=["in memory", "in DynamoDB"])
def keys(request: pytest.FixtureRequest) -> Keys:
    if request.param == "in memory":
        return FakeKeys()
    cloud: Cloud = request.getfixturevalue("cloud")
    return DynamoKeys(cast("Any", OneAtATime(cloud.client("dynamodb"))), cloud.settings.tenants_table)


def made(tenant: str, number: int = 0, **facts: Any) -> StoredKey:  # noqa: ANN401 - as StoredKey takes them
    return StoredKey(f"{tenant[:8]}{number:02d}", tenant, f"{number:064d}", created_at=NOW, **facts)


RICH: dict[str, Any] = {
    "name": "Payroll ✓",
    "scopes": frozenset({Scope.KEYS, Scope.EXAMS_READ}),
    "expires_at": NOW + 86_400.5,
    "last_used_at": NOW + 1,
    "replaces": "0000000000",
    "replaced_by": "1111111111",
    "fingerprint": "f" * 64,
}


@pytest.mark.parametrize("facts", [{}, {"revoked": True}, RICH])
def test_a_key_is_read_as_it_was_stored(keys: Keys, tenant: str, facts: dict[str, Any]) -> None:
    key = made(tenant, **facts)

    assert keys.add(key)

    assert keys.key(key.key_id) == key
    assert keys.page(tenant, 10, None).items == (key,)


def test_a_key_that_was_never_stored_is_none(keys: Keys, tenant: str) -> None:
    assert keys.key(tenant[:10]) is None
    assert keys.page(tenant, 10, None).items == ()


def test_an_id_is_taken_once(keys: Keys, tenant: str) -> None:
    first = made(tenant)
    keys.add(first)

    assert not keys.add(replace(first, tenant_id="rival", hash="b" * 64))
    assert keys.key(first.key_id) == first


def test_a_tenants_keys_are_listed_page_by_page_and_nobody_elses(keys: Keys, tenant: str) -> None:
    mine = [made(tenant, number, revoked=number == 3) for number in range(5)]
    for key in (*mine[::-1], replace(made(tenant, 9), tenant_id=f"rival-{tenant}")):
        keys.add(key)

    listed, cursor = [], None
    for _ in range(3):
        page = keys.page(tenant, 2, cursor)
        listed.append(page.items)
        cursor = page.cursor

    assert (listed, cursor) == ([tuple(mine[:2]), tuple(mine[2:4]), tuple(mine[4:])], None)


@pytest.mark.parametrize("cursor", ["", "x", "é", "WyJ0ZW5hbnQjYSJd", "WyJhIiwiYiJd"])
def test_a_foreign_cursor_is_bad_input(keys: Keys, tenant: str, cursor: str) -> None:
    with pytest.raises(BadInput, match="cursor"):
        keys.page(tenant, 2, cursor)


def test_keys_live_until_they_are_revoked_or_expire(keys: Keys, tenant: str) -> None:
    for number, facts in enumerate(
        ({}, {"revoked": True}, {"expires_at": NOW}, {"expires_at": NOW + 0.001}, {"expires_at": NOW - 1})
    ):
        keys.add(made(tenant, number, **facts))  # type: ignore[arg-type]

    assert keys.live(tenant, NOW) == 2
    assert keys.live(f"rival-{tenant}", NOW) == 0


def test_a_key_is_renamed_and_revoked_by_its_tenant_alone_and_again_without_change(
    keys: Keys, tenant: str
) -> None:
    key = made(tenant)
    keys.add(key)
    strangers = [keys.rename("rival", key.key_id, "Mine"), keys.revoke("rival", key.key_id)]
    absent = [keys.rename(tenant, "0000000000", "Mine"), keys.revoke(tenant, "0000000000")]

    renamed = [keys.rename(tenant, key.key_id, "Payroll") for _ in range(2)]
    revoked = [keys.revoke(tenant, key.key_id) for _ in range(2)]

    assert strangers + absent == [None] * 4
    assert renamed == [replace(key, name="Payroll")] * 2
    assert revoked == [replace(key, name="Payroll", revoked=True)] * 2
    assert keys.key(key.key_id) == revoked[0]
    assert keys.key("0000000000") is None


@pytest.mark.parametrize("grace_s", [0, 60])
def test_a_rotation_stores_the_new_key_and_what_becomes_of_the_old_one(
    keys: Keys, tenant: str, grace_s: int
) -> None:
    old, new = made(tenant, 1, name="Payroll"), made(tenant, 2, name="Payroll")
    keys.add(old)
    retired = old.retired(new.key_id, NOW, grace_s)

    assert keys.rotate(retired, new)

    assert (keys.key(old.key_id), keys.key(new.key_id)) == (retired, new)


def test_a_rotation_that_comes_after_a_revocation_or_another_one_changes_nothing(
    keys: Keys, tenant: str
) -> None:
    revoked, rotated = made(tenant, 1, revoked=True), made(tenant, 2, replaced_by="0000000000")
    for old in (revoked, rotated):
        keys.add(old)
        new = made(tenant, 3)

        assert not keys.rotate(replace(old, replaced_by=None).retired(new.key_id, NOW, 60), new)
        assert (keys.key(old.key_id), keys.key(new.key_id)) == (old, None)


def test_of_rotations_that_meet_one_wins(keys: Keys, tenant: str) -> None:
    old, start = made(tenant, 1), Barrier(THREADS)
    keys.add(old)

    def rotate(number: int) -> bool:
        new = made(tenant, number + 2)
        start.wait()
        return keys.rotate(old.retired(new.key_id, NOW, 60), new)

    with ThreadPoolExecutor(THREADS) as pool:
        won = list(pool.map(rotate, range(THREADS)))

    assert sum(won) == 1
    assert keys.live(tenant, NOW) == 2


def test_a_last_use_is_written_down_unless_it_was_lately(keys: Keys, tenant: str) -> None:
    key = made(tenant)
    keys.add(key)
    seen = []

    for after_s in (0.0, 1.0, 299.9, 300.0, 200.0, 700.0):
        keys.used(key.key_id, NOW + after_s)
        stored = keys.key(key.key_id)
        assert stored is not None
        assert stored.last_used_at is not None
        seen.append(round(stored.last_used_at - NOW, 3))

    assert seen == [0.0, 0.0, 0.0, 300.0, 300.0, 700.0]


def test_the_use_of_a_key_that_is_not_stored_stores_none(keys: Keys, tenant: str) -> None:
    keys.used(tenant[:10], NOW)

    assert keys.key(tenant[:10]) is None


def test_a_key_of_the_first_day_may_do_everything_and_never_expires(cloud: "Cloud", tenant: str) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.tenants_table
    item: Any = {
        "pk": {"S": f"key#{tenant[:10]}"},
        "tenant_id": {"S": tenant},
        "hash": {"S": "a" * 64},
        "revoked": {"BOOL": False},
        "created_at": {"S": "2027-01-15T08:00:00.000Z"},
    }
    client.put_item(TableName=table, Item=item)
    keys = DynamoKeys(client, table)

    expected = StoredKey(tenant[:10], tenant, "a" * 64, scopes=EVERYTHING, created_at=1_800_000_000.0)
    assert keys.key(tenant[:10]) == expected
    assert keys.page(tenant, 10, None).items == (expected,)
    assert keys.rotate(expected.retired("new", NOW, 0), made(tenant, 1))


def test_a_removed_key_is_gone_and_all_others_stay(keys: Keys, tenant: str) -> None:
    gone, stays = made(tenant, 0), made(tenant, 1)
    for key in (gone, stays):
        keys.add(key)

    for _ in range(2):
        keys.remove(gone.key_id)
    keys.used(gone.key_id, NOW)

    assert keys.key(gone.key_id) is None
    assert keys.page(tenant, 10, None).items == (stays,)


def test_a_removed_key_cannot_be_rotated(keys: Keys, tenant: str) -> None:
    gone, new = made(tenant, 0), made(tenant, 1)
    keys.add(gone)
    keys.remove(gone.key_id)

    assert not keys.rotate(gone.retired(new.key_id, NOW, 60), new)
    assert keys.page(tenant, 10, None).items == ()
