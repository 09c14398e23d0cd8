"""Every setting of the service, read once from the environment. No I/O: importing needs no environment.

Resource names derive from STAGE. What a deployment creates under a name of its own (the bucket's must be
unique in the world) it hands over by variable.
"""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

MOST_TRUSTED_S = 60.0
"""So long, and no longer, any stage may be set to believe a key that is gone."""


class Settings(BaseModel):
    """Field `stage` is read from the variable STAGE, and so on."""

    model_config = ConfigDict(frozen=True)

    stage: str = Field(default="dev", pattern=r"^[a-z][a-z0-9]{0,15}$")
    """The deployment's name: part of every resource name and of every API key."""
    evidence_bucket: str = ""
    """Bucket for frames; default `proctoring-<stage>-evidence`."""
    user_pool_id: str = Field(default="", pattern=r"^([a-z0-9-]+_[A-Za-z0-9]+)?$")
    """The Cognito user pool that people log in to; the deployment hands it over. Empty: nobody logs in."""
    user_pool_client_id: str = ""
    """The pool's client that the service logs people in with; the deployment hands it over."""
    jwks_url: str = ""
    """Where the pool's public keys are; default: where AWS publishes them."""
    emotions: bool = True
    """False forbids emotions in every session: not requested, not scored, not alerted on."""
    cors_origin: str = "*"
    """The web origin whose pages may call the API."""
    session_hours: int = Field(default=12, ge=1, le=48)
    """How long a session may last: its token expires, and frames beyond it are refused."""
    retention_days: int = Field(default=90, ge=1, le=3650)
    """Items and pictures are deleted this long after the session's start."""
    evidence_link_s: int = Field(default=900, ge=60, le=43_200)
    """Lifetime of a presigned link to a picture."""
    usd_per_call: float = Field(default=0.001, ge=0)
    """List price of one Rekognition call, for the report's estimate."""
    usd_per_liveness: float = Field(default=0.015, ge=0)
    """List price of one check by Rekognition Face Liveness."""
    rekognition_tps: int = Field(default=50, ge=0, le=100_000)
    """Rekognition calls that this deployment makes in any second, all kinds together; 0: no limit."""
    tenant_calls_per_hour: int = Field(default=0, ge=0)
    """Calls to the provider that all sessions of a tenant may make in an hour; 0 for no limit."""
    tenant_usd_per_hour: float = Field(default=0.0, ge=0)
    """The same in money, at `usd_per_call`; 0 for no limit. `make limits` sets another one for a tenant."""
    openai_model: str = "gpt-4o-mini"
    """Model that writes the summary when a key is configured."""
    openai_timeout_s: float = Field(default=12.0, gt=0, le=15)
    """Longer than this the report does not wait for its summary in words."""
    local_callbacks: bool = False
    """Webhooks may also go to http://localhost: for the offline cloud, and for no other."""
    key_cache_s: float = Field(default=30.0, ge=0, le=MOST_TRUSTED_S)
    """How long a process trusts an API key it has checked: a revoked key lives no longer. Limits, too."""
    log_level: str = "INFO"
    """Level of the service's log."""

    @property
    def sessions_table(self) -> str:
        """Sessions with their frames and alerts."""
        return f"proctoring-{self.stage}-sessions"

    @property
    def tenants_table(self) -> str:
        """Tenants and their API keys."""
        return f"proctoring-{self.stage}-tenants"

    @property
    def ledger_table(self) -> str:
        """What the provider's calls of all processes add up to."""
        return f"proctoring-{self.stage}-ledger"

    @property
    def exams_table(self) -> str:
        """Exams, who takes them, and their answers."""
        return f"proctoring-{self.stage}-exams"

    @property
    def faces_table(self) -> str:
        """Whose faces are known."""
        return f"proctoring-{self.stage}-faces"

    @property
    def images_table(self) -> str:
        """Pictures that the queue looks at."""
        return f"proctoring-{self.stage}-images"

    @property
    def webhooks_table(self) -> str:
        """Where tenants want to be told of what, and what they were told."""
        return f"proctoring-{self.stage}-webhooks"

    @property
    def face_collections(self) -> str:
        """What the names of the tenants' collections of faces begin with."""
        return f"proctoring-{self.stage}-"

    @property
    def jobs_queue(self) -> str:
        """Slow work."""
        return f"proctoring-{self.stage}-jobs"

    @property
    def secrets_name(self) -> str:
        """The secret that holds `session_token_key` and, if wanted, `openai_api_key`."""
        return f"proctoring-{self.stage}"

    @property
    def bucket(self) -> str:
        """The bucket for frames."""
        return self.evidence_bucket or f"proctoring-{self.stage}-evidence"

    @property
    def user_tokens_issuer(self) -> str:
        """Who issues user tokens, as they say; empty without a pool."""
        region, found, _ = self.user_pool_id.partition("_")
        return f"https://cognito-idp.{region}.amazonaws.com/{self.user_pool_id}" if found else ""

    @property
    def user_pool_keys_url(self) -> str:
        """Where the keys are that user tokens are signed with; empty without a pool."""
        issuer = self.user_tokens_issuer
        return self.jwks_url or (f"{issuer}/.well-known/jwks.json" if issuer else "")


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings; raises pydantic.ValidationError naming the variable that is wrong."""
    known = {
        name: environment[name.upper()] for name in Settings.model_fields if environment.get(name.upper())
    }
    return Settings.model_validate(known)
