"""People's accounts in a Cognito user pool: passwords, proof of e-mails, log-ins.

The username is the person id. A password is tried by AdminInitiateAuth, which needs the service's permission.
What else people do for themselves AWS authorises by no policy: SignUp, ConfirmSignUp, ForgotPassword, and
InitiateAuth with a refresh token.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import (
    BadCode,
    BadInput,
    NotConfirmed,
    PersonExists,
    ProctoringError,
    TooManyRequests,
    Unauthorized,
    UpstreamDown,
)
from chalicelib.domain.people import Login, PersonRole

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_NOBODY = "UserNotFoundException"
_RETRY_AFTER_S = {
    "TooManyRequestsException": 2,
    # Cognito says neither how often nor when again; its lockouts last up to fifteen minutes.
    "LimitExceededException": 900,
    "TooManyFailedAttemptsException": 900,
}
_BAD_PASSWORD = BadInput("The e-mail or the password is none that can be used; choose a longer password.")
_BAD_CODE = BadCode("The code is not valid for this e-mail, or no longer; ask for another one.")
_WRONG = Unauthorized("The e-mail or the password is wrong.")
_UNCONFIRMED = NotConfirmed("The e-mail is not confirmed.")
_OLD = Unauthorized("The refresh token is not valid, or no longer; log in again.")

_CODE_REFUSED = dict.fromkeys(
    ("CodeMismatchException", "ExpiredCodeException", "NotAuthorizedException", _NOBODY), _BAD_CODE
)
_SIGN_UP_REFUSED = {
    "UsernameExistsException": PersonExists("There is an account already."),
    "InvalidPasswordException": _BAD_PASSWORD,
    "InvalidParameterException": _BAD_PASSWORD,
}
_LOG_IN_REFUSED = {
    "UserNotConfirmedException": _UNCONFIRMED,
    **dict.fromkeys(("NotAuthorizedException", "PasswordResetRequiredException", _NOBODY), _WRONG),
}


class Accounts:
    """The accounts of one pool, through one client of it."""

    def __init__(self, client: "CognitoIdentityProviderClient", pool_id: str, client_id: str) -> None:
        self._client = client
        self._pool_id = pool_id
        self._client_id = client_id

    def sign_up(self, person_id: str, email: str, password: str) -> None:
        """Make an account, which mails a code. Raises PersonExists, BadInput."""
        with _cognito(_SIGN_UP_REFUSED):
            self._client.sign_up(
                ClientId=self._client_id,
                Username=person_id,
                Password=password,
                UserAttributes=[{"Name": "email", "Value": email}],
            )

    def resend(self, person_id: str) -> bool:
        """Mail another code to confirm with; False if there is nothing to confirm."""
        try:
            with _cognito({"InvalidParameterException": _BAD_CODE, _NOBODY: _BAD_CODE}):
                self._client.resend_confirmation_code(ClientId=self._client_id, Username=person_id)
        except BadCode:
            return False
        return True

    def confirm(self, person_id: str, code: str) -> None:
        """Confirm the e-mail by the code. Raises BadCode."""
        with _cognito({**_CODE_REFUSED, "InvalidParameterException": _BAD_CODE}):
            self._client.confirm_sign_up(ClientId=self._client_id, Username=person_id, ConfirmationCode=code)

    def log_in(self, person_id: str, password: str) -> Login:
        """What the password opens. Raises Unauthorized, NotConfirmed."""
        with _cognito(_LOG_IN_REFUSED):
            reply = self._client.admin_initiate_auth(
                UserPoolId=self._pool_id,
                ClientId=self._client_id,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": person_id, "PASSWORD": password},
            )
        return _login(reply, _WRONG)

    def refresh(self, refresh_token: str) -> Login:
        """Another access token. Raises Unauthorized."""
        refused = ("NotAuthorizedException", "InvalidParameterException", _NOBODY)
        with _cognito(dict.fromkeys(refused, _OLD)):
            reply = self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        return _login(reply, _OLD)

    def sign_out_everywhere(self, person_id: str) -> None:
        """Let no refresh token be good any more."""
        with _if_there():
            self._client.admin_user_global_sign_out(UserPoolId=self._pool_id, Username=person_id)

    def start_reset(self, person_id: str) -> None:
        """Mail a code to reset the password with; nothing, if the e-mail is not confirmed."""
        refused = ("InvalidParameterException", "NotAuthorizedException", _NOBODY)
        try:
            with _cognito(dict.fromkeys(refused, _BAD_CODE)):
                self._client.forgot_password(ClientId=self._client_id, Username=person_id)
        except BadCode:
            return

    def finish_reset(self, person_id: str, code: str, password: str) -> None:
        """Set the password by the code. Raises BadCode, BadInput."""
        refused = {**_CODE_REFUSED, "UserNotConfirmedException": _BAD_CODE}
        with _cognito(
            {**refused, "InvalidPasswordException": _BAD_PASSWORD, "InvalidParameterException": _BAD_CODE}
        ):
            self._client.confirm_forgot_password(
                ClientId=self._client_id, Username=person_id, ConfirmationCode=code, Password=password
            )

    def put_in_group(self, person_id: str, role: PersonRole, *, before: PersonRole | None = None) -> None:
        """Let the groups say the role, and no longer the one before; nothing, if there is no account."""
        with _if_there():
            if before and before is not role:
                self._client.admin_remove_user_from_group(
                    UserPoolId=self._pool_id, Username=person_id, GroupName=before.value
                )
            self._client.admin_add_user_to_group(
                UserPoolId=self._pool_id, Username=person_id, GroupName=role.value
            )

    def delete(self, person_id: str) -> None:
        """Delete the account, if there is one."""
        with _if_there():
            self._client.admin_delete_user(UserPoolId=self._pool_id, Username=person_id)

    def probe(self) -> None:
        """Ask what the pool is like, which tells of nobody. Raises UpstreamDown."""
        with _cognito({}):
            self._client.describe_user_pool(UserPoolId=self._pool_id)


@contextmanager
def _cognito(refused: Mapping[str, ProctoringError]) -> Iterator[None]:
    """Say in our errors what Cognito refuses; what is not among these codes is an outage."""
    try:
        yield
    except ClientError as exc:
        code = exc.response["Error"]["Code"]
        if code in refused:
            told = refused[code]
            # A new one each time: an error that is raised takes its place in the code along.
            raise type(told)(*told.args) from exc
        if code in _RETRY_AFTER_S:
            raise TooManyRequests("Too many attempts; wait, and try again.", _RETRY_AFTER_S[code]) from exc
        raise UpstreamDown(f"The user pool did not answer; try again ({type(exc).__name__}).") from exc
    except BotoCoreError as exc:
        raise UpstreamDown(f"The user pool did not answer; try again ({type(exc).__name__}).") from exc


@contextmanager
def _if_there() -> Iterator[None]:
    """Whoever has no account has nothing to lose."""
    try:
        with _cognito({_NOBODY: _WRONG}):
            yield
    except Unauthorized:
        return


def _login(reply: Any, refused: Unauthorized) -> Login:  # noqa: ANN401 - both calls answer the same
    import jwt  # noqa: PLC0415 - it brings cryptography along

    result = reply.get("AuthenticationResult")
    if not result:
        # A challenge: this pool's people have none to answer.
        raise Unauthorized(*refused.args)
    token = result["AccessToken"]
    return Login(
        access_token=token,
        expires_in_s=result["ExpiresIn"],
        # It comes from the pool itself: there is nothing to verify.
        subject=jwt.decode(token, options={"verify_signature": False})["sub"],
        refresh_token=result.get("RefreshToken"),
    )
