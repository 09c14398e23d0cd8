"""Messages signed as Standard Webhooks say, by their own library."""

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook


def signed(message_id: str, at_s: float, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """The headers that sign a message: `webhook-signature` holds one signature for each of the secrets.

    `at_s`: when it is sent, in seconds since 1970; receivers refuse what is five minutes off.
    """
    moment = datetime.fromtimestamp(int(at_s), UTC)
    signatures = [Webhook(secret).sign(message_id, moment, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at_s)),
        "webhook-signature": " ".join(signatures),
    }
