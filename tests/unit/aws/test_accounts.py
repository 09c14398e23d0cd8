"""What Cognito refuses, in our words; what it does not answer is an outage."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from chalicelib.aws.accounts import Accounts
from chalicelib.domain.errors import BadInput, TooManyRequests, Unauthorized, UpstreamDown
from chalicelib.domain.people import PersonRole

CALLS: dict[str, Callable[[Accounts], object]] = {
    "sign_up": lambda accounts: accounts.sign_up("p-1", "ada@example.com", "Correct1horse"),
    "resend": lambda accounts: accounts.resend("p-1"),
    "confirm": lambda accounts: accounts.confirm("p-1", "123456"),
    "log_in": lambda accounts: accounts.log_in("p-1", "Correct1horse"),
    "refresh": lambda accounts: accounts.refresh("token"),
    "sign_out_everywhere": lambda accounts: accounts.sign_out_everywhere("p-1"),
    "start_reset": lambda accounts: accounts.start_reset("p-1"),
    "finish_reset": lambda accounts: accounts.finish_reset("p-1", "123456", "Correct1horse"),
    "put_in_group": lambda accounts: accounts.put_in_group("p-1", PersonRole.ADMIN),
    "delete": lambda accounts: accounts.delete("p-1"),
}
EVERY_CALL = pytest.mark.parametrize("call", CALLS)


class Refusing:
    """A client of Cognito whose every call fails."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any method
        def refuse(**_: object) -> None:
            raise self._failure

        return refuse


class Answering:
    """A client of Cognito that answers this."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self._reply = reply

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return lambda **_: self._reply


def accounts(client: object) -> Accounts:
    return Accounts(client, "eu-west-1_aBc", "client-1")  # type: ignore[arg-type]


def refusing(code: str) -> Accounts:
    return accounts(Refusing(ClientError({"Error": {"Code": code, "Message": "ada@example.com"}}, "Call")))


@EVERY_CALL
@pytest.mark.parametrize(
    ("code", "retry_after_s"),
    [
        ("TooManyRequestsException", 2),
        ("LimitExceededException", 900),
        ("TooManyFailedAttemptsException", 900),
    ],
)
def test_who_tries_too_often_is_told_when_to_come_again(call: str, code: str, retry_after_s: int) -> None:
    with pytest.raises(TooManyRequests) as refused:
        CALLS[call](refusing(code))

    assert refused.value.retry_after_s == retry_after_s


@EVERY_CALL
@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "InternalErrorException", "Message": "ada@example.com"}}, "Call"),
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "ada@example.com"}}, "Call"),
        ConnectTimeoutError(endpoint_url="https://cognito-idp"),
    ],
    ids=str,
)
def test_what_cognito_does_not_do_is_an_outage_that_names_nobody(call: str, failure: Exception) -> None:
    with pytest.raises(UpstreamDown) as refused:
        CALLS[call](accounts(Refusing(failure)))

    assert "ada" not in str(refused.value)


@pytest.mark.parametrize("code", ["InvalidPasswordException", "InvalidParameterException"])
def test_what_cognito_cannot_take_is_bad_input(code: str) -> None:
    with pytest.raises(BadInput):
        CALLS["sign_up"](refusing(code))


def test_who_must_do_something_else_first_is_not_logged_in() -> None:
    with pytest.raises(Unauthorized):
        CALLS["log_in"](accounts(Answering({"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s"})))
    with pytest.raises(Unauthorized):
        CALLS["log_in"](refusing("PasswordResetRequiredException"))
