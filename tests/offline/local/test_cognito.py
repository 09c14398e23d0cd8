"""The offline Cognito refuses what AWS refuses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from botocore.exceptions import ClientError

from infra.local.cognito import CODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

    from tests.offline.conftest import Cloud

PASSWORD = "Correct1horse"


@dataclass(frozen=True)
class Pool:
    """The template's pool, and somebody in it."""

    client: "CognitoIdentityProviderClient"
    pool_id: str
    client_id: str
    keys_url: str
    username: str

    def sign_up(self) -> None:
        self.client.sign_up(
            ClientId=self.client_id,
            Username=self.username,
            Password=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": "somebody@example.com"}],
        )

    def confirm(self, code: str = CODE) -> None:
        self.client.confirm_sign_up(ClientId=self.client_id, Username=self.username, ConfirmationCode=code)

    def log_in(self, password: str = PASSWORD, username: str = "") -> Any:  # noqa: ANN401 - the answer
        return self.client.admin_initiate_auth(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username or self.username, "PASSWORD": password},
        )["AuthenticationResult"]

    def refresh(self, token: str) -> Any:  # noqa: ANN401 - the answer
        return self.client.admin_initiate_auth(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token},
        )["AuthenticationResult"]

    def forget(self, username: str = "") -> Any:  # noqa: ANN401 - the answer
        return self.client.forgot_password(ClientId=self.client_id, Username=username or self.username)

    def reset(self, password: str, code: str = CODE, username: str = "") -> None:
        self.client.confirm_forgot_password(
            ClientId=self.client_id,
            Username=username or self.username,
            Password=password,
            ConfirmationCode=code,
        )


@pytest.fixture
def pool(cloud: "Cloud", new_name: "Callable[[str], str]") -> Iterator[Pool]:
    told = cloud.environment
    made = Pool(
        cloud.client("cognito-idp"),
        told["USER_POOL_ID"],
        told["USER_POOL_CLIENT_ID"],
        told["JWKS_URL"],
        new_name("somebody"),
    )
    made.sign_up()
    yield made
    made.client.admin_delete_user(UserPoolId=made.pool_id, Username=made.username)


def refusal(call: "Callable[[], object]") -> str:
    """What the call is refused with."""
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def test_an_access_token_says_who_and_in_which_groups_and_is_signed_by_the_pool(pool: Pool) -> None:
    pool.confirm()
    pool.client.admin_add_user_to_group(UserPoolId=pool.pool_id, GroupName="proctor", Username=pool.username)
    token = pool.log_in()["AccessToken"]
    key = jwt.PyJWKClient(pool.keys_url).get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["RS256"])

    assert claims["username"] == pool.username
    assert claims["cognito:groups"] == ["proctor"]
    assert (claims["token_use"], claims["client_id"]) == ("access", pool.client_id)
    assert claims["iss"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"


def test_who_has_not_confirmed_the_e_mail_does_not_log_in(pool: Pool) -> None:
    assert refusal(lambda: pool.log_in("Wrong1horse")) == "NotAuthorizedException"
    assert refusal(pool.log_in) == "UserNotConfirmedException"


def test_a_wrong_password_and_a_name_that_nobody_has_are_refused_alike(pool: Pool) -> None:
    pool.confirm()
    said = []
    for wrong in ({"password": "Wrong1horse"}, {"username": "nobody"}):
        with pytest.raises(ClientError) as refused:
            pool.log_in(**wrong)
        said.append(refused.value.response["Error"])

    assert said[0] == said[1]
    assert said[0]["Code"] == "NotAuthorizedException"


def test_a_password_is_tried_with_the_services_permission_alone(pool: Pool) -> None:
    pool.confirm()

    assert (
        refusal(
            lambda: pool.client.initiate_auth(
                ClientId=pool.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": pool.username, "PASSWORD": PASSWORD},
            )
        )
        == "InvalidParameterException"
    )


def test_a_code_is_right_once(pool: Pool) -> None:
    assert refusal(lambda: pool.confirm("000000")) == "CodeMismatchException"
    pool.confirm()
    assert refusal(pool.confirm) == "NotAuthorizedException"


def test_a_new_code_is_sent_to_who_is_not_confirmed_and_nobody_learns_who_exists(pool: Pool) -> None:
    def resend(username: str) -> Any:  # noqa: ANN401 - the answer
        return pool.client.resend_confirmation_code(ClientId=pool.client_id, Username=username)

    assert (
        resend(pool.username)["CodeDeliveryDetails"].keys() == resend("nobody")["CodeDeliveryDetails"].keys()
    )
    pool.confirm()
    assert refusal(lambda: resend(pool.username)) == "InvalidParameterException"


def test_a_forgotten_password_is_replaced_by_a_code_and_one_that_obeys_the_policy(pool: Pool) -> None:
    pool.confirm()
    assert refusal(lambda: pool.reset("Correct2horse")) == "ExpiredCodeException"
    pool.forget()

    assert refusal(lambda: pool.reset("Correct2horse", code="000000")) == "CodeMismatchException"
    assert refusal(lambda: pool.reset("weak")) == "InvalidPasswordException"
    pool.reset("Correct2horse")
    assert refusal(pool.log_in) == "NotAuthorizedException"
    assert pool.log_in("Correct2horse")["TokenType"] == "Bearer"


def test_no_code_for_a_new_password_goes_to_an_e_mail_that_is_not_confirmed(pool: Pool) -> None:
    assert pool.forget()["CodeDeliveryDetails"].keys() == pool.forget("nobody")["CodeDeliveryDetails"].keys()

    assert refusal(lambda: pool.reset("Correct2horse")) == "ExpiredCodeException"
    assert refusal(lambda: pool.reset("Correct2horse", username="nobody")) == "CodeMismatchException"


def test_a_refresh_token_is_good_until_it_is_revoked_and_no_other_is(pool: Pool) -> None:
    pool.confirm()
    token = pool.log_in()["RefreshToken"]
    assert "AccessToken" in pool.refresh(token)
    pool.client.admin_user_global_sign_out(UserPoolId=pool.pool_id, Username=pool.username)

    assert refusal(lambda: pool.refresh(token)) == "NotAuthorizedException"
    assert refusal(lambda: pool.refresh("made-up")) == "NotAuthorizedException"


def test_who_is_disabled_neither_logs_in_nor_stays(pool: Pool) -> None:
    pool.confirm()
    token = pool.log_in()["RefreshToken"]
    pool.client.admin_disable_user(UserPoolId=pool.pool_id, Username=pool.username)

    assert refusal(pool.log_in) == "NotAuthorizedException"
    assert refusal(lambda: pool.refresh(token)) == "NotAuthorizedException"
