"""The service's own keys, in one secret of Secrets Manager."""

import json
import time
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import UpstreamDown

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_FRESH_S = 300.0


class Secrets:
    """A JSON object of strings, read when first needed and again every five minutes."""

    def __init__(self, client: "SecretsManagerClient", name: str) -> None:
        self._client = client
        self._name = name
        self._known: dict[str, str] = {}
        self._read_at = -_FRESH_S

    def get(self, key: str) -> str | None:
        """One value; None if it is absent or empty. Raises UpstreamDown."""
        if time.monotonic() - self._read_at >= _FRESH_S:
            try:
                self._known = self._read()
            except UpstreamDown:
                # The keys that are known are good until they are known to be others.
                if not self._known:
                    raise
            self._read_at = time.monotonic()
        return self._known.get(key) or None

    def probe(self) -> None:
        """Read the secret, whatever is known. Raises UpstreamDown."""
        self._read()

    def _read(self) -> dict[str, str]:
        try:
            reply = self._client.get_secret_value(SecretId=self._name)
        except (ClientError, BotoCoreError) as exc:
            raise UpstreamDown("The service's keys could not be read; try again.") from exc
        try:
            known: dict[str, str] = dict(json.loads(reply["SecretString"]))
        except (KeyError, TypeError, ValueError) as exc:
            raise UpstreamDown("The service's secret is no JSON object; see infra/template.yaml.") from exc
        return known
