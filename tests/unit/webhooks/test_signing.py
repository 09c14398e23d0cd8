"""Signatures, verified with the standard library alone, as a receiver would."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

import pytest

from chalicelib.webhooks.signing import signed

OLD = "whsec_" + base64.b64encode(b"an old secret of 24 byte").decode()
NEW = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(b"x" * 32).decode()
BODY = '{"type":"session.ended","data":{"name":"Zoë 🎓"}}'
AT_S = 1_800_000_000.75


def expected(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """The one signature that is right, by https://github.com/standard-webhooks/standard-webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def verifies(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    right = expected(headers, body, secret)
    return any(hmac.compare_digest(right, each) for each in headers["webhook-signature"].split(" "))


def test_a_message_verifies_by_the_rules_of_standard_webhooks() -> None:
    headers = signed("msg_1", AT_S, BODY, [NEW])

    assert headers == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1800000000",
        "webhook-signature": expected(headers, BODY.encode(), NEW),
    }


def test_two_secrets_give_two_signatures_and_each_verifies() -> None:
    headers = signed("msg_1", AT_S, BODY, [NEW, OLD])
    each = [expected(headers, BODY.encode(), secret) for secret in (NEW, OLD)]

    assert headers["webhook-signature"] == " ".join(each)
    assert len(set(each)) == 2
    assert [verifies(headers, BODY.encode(), secret) for secret in (NEW, OLD, OTHER)] == [True, True, False]


@pytest.mark.parametrize("body", [BODY.replace("ended", "begun"), BODY + " ", BODY[:-1], ""])
def test_a_body_that_was_tampered_with_fails(body: str) -> None:
    headers = signed("msg_1", AT_S, BODY, [NEW, OLD])

    assert not verifies(headers, body.encode(), NEW)
    assert not verifies(headers, body.encode(), OLD)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_an_id_and_a_time_that_were_tampered_with_fail(name: str) -> None:
    headers = signed("msg_1", AT_S, BODY, [NEW])
    headers[name] += "0"

    assert not verifies(headers, BODY.encode(), NEW)


def test_a_secret_counts_with_its_prefix_or_without() -> None:
    with_it, without = (signed("msg_1", AT_S, BODY, [each]) for each in (NEW, NEW.removeprefix("whsec_")))

    assert with_it == without
