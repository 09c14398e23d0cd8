"""User tokens: JWTs by the user pool, verified with its public keys (JWKS), which are fetched and kept.

A pool's keys change now and then: a token by a key that is not known has them fetched again, though no more
often than every COOLDOWN_S, whatever tokens come. If they cannot be fetched, known keys stay good.
"""

import time
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import Unauthorized, UpstreamDown
from chalicelib.domain.people import UserToken

if TYPE_CHECKING:
    from jwt import PyJWK, PyJWKClient

ALGORITHM = "RS256"
COOLDOWN_S = 5.0
_FRESH_S = 3600.0
_TIMEOUT_S = 2.0
_NOT_VALID = "The user token is not valid, or no longer; log in again."
_DOWN = "The keys that user tokens are checked with could not be read; try again."
_REQUIRED = ["iss", "exp", "iat", "sub", "username", "client_id", "token_use"]


class UserTokens:
    """The access tokens of one client of one pool."""

    def __init__(
        self,
        keys_url: str,
        *,
        issuer: str,
        client_id: str,
        cooldown_s: float = COOLDOWN_S,
        fresh_s: float = _FRESH_S,
    ) -> None:
        self._keys_url = keys_url
        self._issuer = issuer
        self._client_id = client_id
        self._cooldown_s = cooldown_s
        self._fresh_s = fresh_s
        self._keys: PyJWKClient | None = None
        self._known: dict[str, PyJWK] = {}

    def read(self, token: str) -> UserToken:
        """What it says. Raises Unauthorized, UpstreamDown."""
        if not self._client_id:  # a stage without people
            raise Unauthorized(_NOT_VALID)
        import jwt  # noqa: PLC0415 - it brings cryptography along, 25 ms of a start

        try:
            kid = jwt.get_unverified_header(token).get("kid")
            claims = jwt.decode(
                token,
                self._key(str(kid)),
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                options={"require": _REQUIRED, "verify_aud": False},  # an access token has no audience
            )
        except jwt.PyJWTError as exc:
            raise Unauthorized(_NOT_VALID) from exc
        if (claims["token_use"], claims["client_id"]) != ("access", self._client_id):
            raise Unauthorized(_NOT_VALID)
        return UserToken(claims["username"], claims["sub"], _logged_in_at(claims))

    def _key(self, kid: str) -> "PyJWK":
        """The key of this id. Raises jwt.PyJWTError if there is none, UpstreamDown."""
        self._keys = self._keys or _made(self._keys_url, self._cooldown_s, self._fresh_s)
        try:
            self._known[kid] = self._keys.get_signing_key(kid)
        except UpstreamDown:
            if kid not in self._known:
                raise
        return self._known[kid]


def _logged_in_at(claims: dict[str, Any]) -> int:
    return int(min(claims["iat"], claims.get("auth_time", claims["iat"])))


def _made(url: str, cooldown_s: float, fresh_s: float) -> "PyJWKClient":
    from jwt import PyJWKClient, PyJWTError  # noqa: PLC0415 - as above

    class Keys(PyJWKClient):
        """Says of every failure that the keys cannot be read, and does not ask again at once."""

        failed_at = -cooldown_s

        def fetch_data(self) -> Any:  # noqa: ANN401 - as the parent has it
            if time.monotonic() - self.failed_at < cooldown_s:
                raise UpstreamDown(_DOWN)
            try:
                return super().fetch_data()
            except (PyJWTError, OSError, ValueError) as exc:
                self.failed_at = time.monotonic()
                raise UpstreamDown(_DOWN) from exc

    return Keys(url, lifespan=fresh_s, timeout=_TIMEOUT_S, cooldown_duration=cooldown_s)
