"""Cognito as moto serves it, refusing what AWS refuses.

Overrides of moto 5.2, which lets in who has not confirmed the e-mail, takes any code for right, and fails at
a refresh token that it does not know:

1. a log in needs a flow that the client allows, and a person who is confirmed; where the client hides who
   exists, whoever does not exist has a wrong password;
2. a refresh token that is unknown, revoked or another client's is refused;
3. a code is right once, and only where one was sent; a new one can be sent. Nobody has a mailbox here: every
   code is CODE;
4. a code confirms the e-mail too, and without a confirmed e-mail none is sent for a new password, which must
   obey the policy.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from moto.cognitoidp import exceptions, models, responses
from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult, EmptyResult

if TYPE_CHECKING:
    from collections.abc import Callable

MotoBackend = Any
MotoPool = Any
MotoUser = Any
MotoResponse = Any
Answer = dict[str, Any]

CODE = "123456"
"""What every e-mail with a code would say."""
NOBODY = "Username/client id combination not found."
NO_CODE = "Invalid code provided, please request a code again."
WRONG_CODE = "Invalid verification code provided, please try again."
_REFRESHING = {"REFRESH_TOKEN", "REFRESH_TOKEN_AUTH"}


@cache
def install() -> None:
    """Put the overrides into moto."""
    _log_in_as_allowed()
    _send_codes()
    _confirm_by_code()
    _reset_passwords_by_code()


def _log_in_as_allowed() -> None:
    backend_class: MotoBackend = models.CognitoIdpBackend
    initiate: Callable[..., Answer] = backend_class.initiate_auth
    admin_initiate: Callable[..., Answer] = backend_class.admin_initiate_auth

    def initiate_auth(self: MotoBackend, client_id: str, auth_flow: str, given: dict[str, str]) -> Answer:
        pool = _pool_of(self, client_id)
        _check_log_in(pool, client_id, auth_flow, given)
        return initiate(self, client_id, auth_flow, given)

    def admin_initiate_auth(
        self: MotoBackend, user_pool_id: str, client_id: str, auth_flow: str, given: dict[str, str]
    ) -> Answer:
        pool = self.describe_user_pool(user_pool_id)
        _check_log_in(pool, client_id, auth_flow, given)
        return admin_initiate(self, user_pool_id, client_id, auth_flow, given)

    backend_class.initiate_auth = initiate_auth
    backend_class.admin_initiate_auth = admin_initiate_auth


def _check_log_in(pool: MotoPool, client_id: str, auth_flow: str, given: dict[str, str]) -> None:
    client = pool.backend.describe_user_pool_client(pool.id, client_id)
    flow = "REFRESH_TOKEN_AUTH" if auth_flow in _REFRESHING else auth_flow
    if f"ALLOW_{flow}" not in client.extended_config.get("ExplicitAuthFlows", []):
        raise exceptions.InvalidParameterException("Auth flow not enabled for this client")
    if auth_flow in _REFRESHING:
        _check_refresh_token(pool, client_id, given.get("REFRESH_TOKEN", ""))
        return
    user = pool._get_user(given.get("USERNAME"))  # noqa: SLF001 - moto has no other
    if user is None and not _hides_who_exists(pool, client_id):
        raise exceptions.UserNotFoundError("User does not exist.")
    if user is None or (user.enabled and user.password != given.get("PASSWORD")):
        raise exceptions.NotAuthorizedError("Incorrect username or password.")
    if user.enabled and user.status is UserStatus.UNCONFIRMED:
        raise exceptions.UserNotConfirmedException("User is not confirmed.")


def _check_refresh_token(pool: MotoPool, client_id: str, refresh_token: str) -> None:
    if refresh_token not in pool.refresh_tokens:
        raise exceptions.NotAuthorizedError("Invalid Refresh Token")
    issued = pool.refresh_tokens[refresh_token]
    if issued is None or issued[0] != client_id:
        raise exceptions.NotAuthorizedError("Refresh Token has been revoked")
    user = pool._get_user(issued[1])  # noqa: SLF001
    if user is None or not user.enabled:
        raise exceptions.NotAuthorizedError("User is disabled." if user else "Invalid Refresh Token")


def _send_codes() -> None:
    backend_class: MotoBackend = models.CognitoIdpBackend
    response_class: MotoResponse = responses.CognitoIdpResponse
    sign_up: Callable[..., tuple[MotoUser, Any]] = backend_class.sign_up

    def sign_up_and_send(
        self: MotoBackend, client_id: str, username: str, password: str, attributes: list[dict[str, str]]
    ) -> tuple[MotoUser, Any]:
        user, delivery = sign_up(self, client_id, username, password, attributes)
        user.confirmation_code = CODE
        return user, delivery

    def resend_confirmation_code(self: MotoResponse) -> ActionResult:
        client_id, username = self._get_param("ClientId"), self._get_param("Username")
        pool, user = _found(client_id, username)
        if user and user.status is not UserStatus.UNCONFIRMED:
            raise exceptions.InvalidParameterException("User is already confirmed.")
        if user:
            user.confirmation_code = CODE
        elif not _hides_who_exists(pool, client_id):
            raise exceptions.UserNotFoundError(NOBODY)
        recovery = pool.extended_config.get("AccountRecoverySetting")
        delivery = pool.backend._get_code_delivery_details(recovery, user, username)  # noqa: SLF001
        return ActionResult({"CodeDeliveryDetails": delivery})

    backend_class.sign_up = sign_up_and_send
    response_class.resend_confirmation_code = resend_confirmation_code


def _confirm_by_code() -> None:
    response_class: MotoResponse = responses.CognitoIdpResponse

    def confirm_sign_up(self: MotoResponse) -> EmptyResult:
        client_id, username = self._get_param("ClientId"), self._get_param("Username")
        pool, user = _found(client_id, username)
        if user is None:
            hidden = _hides_who_exists(pool, client_id)
            raise exceptions.ExpiredCodeException(NO_CODE) if hidden else exceptions.UserNotFoundError(NOBODY)
        if user.status is UserStatus.CONFIRMED:
            raise exceptions.NotAuthorizedError("User cannot be confirmed. Current status is CONFIRMED")
        _use_code(user, self._get_param("ConfirmationCode"))
        user.status = UserStatus.CONFIRMED
        user.update_attributes([{"Name": "email_verified", "Value": "true"}])
        return EmptyResult()

    response_class.confirm_sign_up = confirm_sign_up


def _reset_passwords_by_code() -> None:
    backend_class: MotoBackend = models.CognitoIdpBackend
    forgot: Callable[..., tuple[str | None, Answer]] = backend_class.forgot_password

    def forgot_password(self: MotoBackend, client_id: str, username: str) -> tuple[str | None, Answer]:
        pool = _pool_of(self, client_id)
        user = pool._get_user(username)  # noqa: SLF001
        if user is None and not _hides_who_exists(pool, client_id):
            raise exceptions.UserNotFoundError(NOBODY)
        waiting = user.confirmation_code if user else None
        _, delivery = forgot(self, client_id, username)
        if user:
            reachable = user.enabled and user.attribute_lookup.get("email_verified") == "true"
            user.confirmation_code = CODE if reachable else waiting
        return None, delivery

    def confirm_forgot_password(
        self: MotoBackend, client_id: str, username: str, password: str, confirmation_code: str
    ) -> None:
        pool = _pool_of(self, client_id)
        user = pool._get_user(username)  # noqa: SLF001
        if user is None and not _hides_who_exists(pool, client_id):
            raise exceptions.UserNotFoundError(NOBODY)
        if user is None or not user.enabled:
            raise exceptions.CodeMismatchException(WRONG_CODE)
        if user.status is UserStatus.UNCONFIRMED:
            raise exceptions.ExpiredCodeException(NO_CODE)
        self._validate_password(pool.id, password)
        _use_code(user, confirmation_code)
        user.password = password
        user.status = UserStatus.CONFIRMED

    backend_class.forgot_password = forgot_password
    backend_class.confirm_forgot_password = confirm_forgot_password


def _use_code(user: MotoUser, code: str) -> None:
    if user.confirmation_code is None:
        raise exceptions.ExpiredCodeException(NO_CODE)
    if user.confirmation_code != code:
        raise exceptions.CodeMismatchException(WRONG_CODE)
    user.confirmation_code = None


def _hides_who_exists(pool: MotoPool, client_id: str) -> bool:
    hides: bool = pool.clients[client_id].extended_config.get("PreventUserExistenceErrors") == "ENABLED"
    return hides


def _found(client_id: str, username: str) -> tuple[MotoPool, MotoUser | None]:
    """The client's pool in whichever region, and who is called so there: these calls carry no credentials."""
    for regions in models.cognitoidp_backends.values():
        for backend in regions.values():
            for pool in backend.user_pools.values():
                if client_id in pool.clients:
                    return pool, pool._get_user(username)  # noqa: SLF001
    raise exceptions.ResourceNotFoundError(f"User pool client {client_id} does not exist.")


def _pool_of(backend: MotoBackend, client_id: str) -> MotoPool:
    for pool in backend.user_pools.values():
        if client_id in pool.clients:
            return pool
    raise exceptions.ResourceNotFoundError(f"User pool client {client_id} does not exist.")
