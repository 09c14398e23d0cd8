"""Making a tenant with its first key, and checking keys."""

import random

import pytest
from pydantic import ValidationError

from chalicelib.domain import credentials
from chalicelib.domain.credentials import ApiKey, StoredKey
from chalicelib.domain.errors import Unauthorized
from chalicelib.domain.tenants import Limits, Tenant
from chalicelib.flows.check_key import CheckKey
from chalicelib.flows.open_tenant import OpenTenant
from chalicelib.settings import from_environment
from tests.fakes import FakeClock, FakeKeys, FakeTenants
from tests.observations import STARTED_AT

FOREVER = 1e9


def tenant(keys: FakeKeys, *, stage: str = "dev", tenant_id: str = "t-1", seed: int = 1) -> ApiKey:
    flow = OpenTenant(FakeTenants(), keys, FakeClock(), lambda: tenant_id, random.Random(seed).choice, stage)
    return flow("Acme Hiring")


def checker(
    keys: FakeKeys,
    *,
    trust_s: float = FOREVER,
    clock: FakeClock | None = None,
    stopwatch: FakeClock | None = None,
) -> CheckKey:
    return CheckKey(keys, "dev", trust_s, clock or FakeClock(), stopwatch or FakeClock(at=1.0))


def test_a_tenant_is_stored_under_its_name_and_its_key_only_as_a_hash() -> None:
    tenants, keys, limits = FakeTenants(), FakeKeys(), Limits(requests_per_minute=60)
    flow = OpenTenant(tenants, keys, FakeClock(), lambda: "t-1", random.Random(1).choice, "dev")

    key = flow("Acme Hiring", limits)

    assert tenants.tenant("t-1") == Tenant("t-1", "Acme Hiring", "2027-01-15T08:00:00.000Z", limits)
    assert keys.key(key.key_id) == StoredKey(
        key.key_id, "t-1", key.hash, name="First key", created_at=STARTED_AT
    )
    assert key.text not in repr((tenants, keys))


def test_a_good_key_tells_its_tenant() -> None:
    keys = FakeKeys()
    named = {tenant(keys, tenant_id=name, seed=seed).text: name for seed, name in enumerate(("t-1", "t-2"))}
    check = checker(keys)

    assert {text: check(text).tenant_id for text in named} == named


def refusal(check: CheckKey, text: str) -> str:
    with pytest.raises(Unauthorized) as refused:
        check(text)
    return str(refused.value)


def test_every_bad_key_is_refused_in_the_same_words_that_do_not_repeat_it() -> None:
    keys = FakeKeys()
    good, revoked = tenant(keys), tenant(keys, seed=2)
    keys.revoke("t-1", revoked.key_id)
    expired = credentials.mint("dev", random.Random(4).choice)
    keys.add(StoredKey(expired.key_id, "t-1", expired.hash, expires_at=STARTED_AT))
    elsewhere = tenant(FakeKeys(), stage="prod")
    stranger = credentials.mint("dev", random.Random(3).choice)
    letters = iter(good.key_id + "x" * 32)
    forged = credentials.mint("dev", lambda _: next(letters))
    check = checker(keys)

    bad = ["", "pk_", good.text[:-1], revoked.text, expired.text, elsewhere.text, stranger.text, forged.text]
    said = {refusal(check, text) for text in bad}

    assert forged.key_id == good.key_id
    assert said == {"The API key is not valid; send `Authorization: Bearer <key>` with a current key."}


def test_a_malformed_key_is_refused_without_a_look_up() -> None:
    keys = FakeKeys()
    check = checker(keys)

    for text in ("pk_dev_1_2", tenant(FakeKeys(), stage="prod").text):
        refusal(check, text)

    assert keys.reads == 0


def test_a_good_key_is_trusted_for_a_while_without_another_look_up() -> None:
    keys = FakeKeys()
    key = tenant(keys)
    check = checker(keys)

    for _ in range(5):
        check(key.text)

    assert keys.reads == 1


def test_trust_in_a_key_ends() -> None:
    keys = FakeKeys()
    key = tenant(keys)
    check = checker(keys, trust_s=0.0)
    check(key.text)

    keys.revoke("t-1", key.key_id)

    assert "not valid" in refusal(check, key.text)


def test_a_key_that_was_unknown_is_looked_up_again() -> None:
    keys = FakeKeys()
    key = tenant(FakeKeys())
    check = checker(keys)
    refusal(check, key.text)

    keys.add(StoredKey(key.key_id, "t-9", key.hash))

    assert check(key.text).tenant_id == "t-9"


def test_more_keys_than_are_remembered_are_still_checked() -> None:
    keys = FakeKeys()
    made = [tenant(keys, tenant_id=f"t-{seed}", seed=seed) for seed in range(1_100)]
    check = checker(keys)

    assert [check(key.text).tenant_id for key in made] == [f"t-{seed}" for seed in range(1_100)]


def test_a_revoked_key_is_refused_a_minute_later_everywhere_and_never_trusted_longer() -> None:
    keys, stopwatch = FakeKeys(), FakeClock(at=1_000.0)
    key = tenant(keys)
    most = from_environment({"KEY_CACHE_S": "60"}).key_cache_s
    processes = [checker(keys, trust_s=most, stopwatch=stopwatch) for _ in range(3)]
    for check in processes:
        check(key.text)

    keys.revoke("t-1", key.key_id)

    stopwatch.at += 59.9
    assert {check(key.text).tenant_id for check in processes} == {"t-1"}
    stopwatch.at += 0.1
    for check in processes:
        assert "not valid" in refusal(check, key.text)
    with pytest.raises(ValidationError):
        from_environment({"KEY_CACHE_S": "60.1"})


class SlowKeys(FakeKeys):
    """Every answer takes ten seconds; a key is revoked just after it was read."""

    def __init__(self, stopwatch: FakeClock) -> None:
        super().__init__()
        self.stopwatch = stopwatch

    def key(self, key_id: str) -> StoredKey | None:
        found = super().key(key_id)
        self.revoke("t-1", key_id)
        self.stopwatch.at += 10
        return found


def test_trust_counts_from_before_a_key_was_read() -> None:
    stopwatch = FakeClock(at=1_000.0)
    keys = SlowKeys(stopwatch)
    key = tenant(keys)
    check = checker(keys, trust_s=60.0, stopwatch=stopwatch)
    check(key.text)

    stopwatch.at += 50

    assert "not valid" in refusal(check, key.text)


def test_a_key_that_is_trusted_is_refused_from_the_moment_on_that_it_expires() -> None:
    keys, clock = FakeKeys(), FakeClock()
    key = credentials.mint("dev", random.Random(1).choice)
    keys.add(StoredKey(key.key_id, "t-1", key.hash, expires_at=STARTED_AT + 10))
    check = checker(keys, clock=clock)

    clock.at += 9.999
    assert check(key.text).tenant_id == "t-1"
    clock.at += 0.001

    assert "not valid" in refusal(check, key.text)
    assert keys.reads == 1


def test_a_keys_last_use_is_written_down_at_most_every_five_minutes_over_all_processes() -> None:
    keys, clock = FakeKeys(), FakeClock()
    key = tenant(keys)
    processes = [checker(keys, clock=clock) for _ in range(3)]

    for _ in range(601):
        for check in processes:
            check(key.text)
        clock.at += 1

    assert keys.written == [STARTED_AT, STARTED_AT + 300, STARTED_AT + 600]


def test_a_last_use_that_cannot_be_written_down_fails_nothing_and_is_not_tried_at_every_request() -> None:
    keys = FakeKeys(down=True)
    key, check = tenant(keys), checker(keys)

    assert [check(key.text).tenant_id for _ in range(3)] == ["t-1"] * 3
    keys.down = False
    check(key.text)
    assert keys.written == []


def test_a_key_that_is_refused_was_not_used() -> None:
    keys = FakeKeys()
    key = tenant(keys)
    keys.revoke("t-1", key.key_id)

    refusal(checker(keys), key.text)

    assert keys.written == []
