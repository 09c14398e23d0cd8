"""Every setting of the service."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.settings import Settings, from_environment

ROOT = Path(__file__).parents[2]
EVERY_SETTING = pytest.mark.parametrize("name", Settings.model_fields)

OTHER_VALUES: dict[str, tuple[str, Any]] = {
    "stage": ("prod", "prod"),
    "evidence_bucket": ("my-bucket", "my-bucket"),
    "user_pool_id": ("eu-west-1_aBcD12345", "eu-west-1_aBcD12345"),
    "user_pool_client_id": ("1h57kf5cpq17m0eml12EXAMPLE", "1h57kf5cpq17m0eml12EXAMPLE"),
    "jwks_url": ("http://127.0.0.1:8002/keys.json", "http://127.0.0.1:8002/keys.json"),
    "emotions": ("false", False),
    "cors_origin": ("https://example.com", "https://example.com"),
    "session_hours": ("8", 8),
    "retention_days": ("30", 30),
    "evidence_link_s": ("60", 60),
    "usd_per_call": ("0.0008", 0.0008),
    "usd_per_liveness": ("0.01", 0.01),
    "rekognition_tps": ("5", 5),
    "tenant_calls_per_hour": ("1000", 1000),
    "tenant_usd_per_hour": ("2.5", 2.5),
    "openai_model": ("gpt-5", "gpt-5"),
    "openai_timeout_s": ("3.5", 3.5),
    "local_callbacks": ("true", True),
    "key_cache_s": ("0", 0.0),
    "log_level": ("DEBUG", "DEBUG"),
}


def test_an_empty_environment_is_enough() -> None:
    assert from_environment({}) == Settings()


def test_every_setting_is_tried_here() -> None:
    assert set(OTHER_VALUES) == set(Settings.model_fields)


@EVERY_SETTING
def test_a_setting_is_read_from_the_variable_of_its_name(name: str) -> None:
    text, value = OTHER_VALUES[name]

    assert from_environment({name.upper(): text}) == Settings(**{name: value})


@EVERY_SETTING
def test_an_empty_variable_leaves_the_default(name: str) -> None:
    assert from_environment({name.upper(): ""}) == Settings()


@EVERY_SETTING
def test_a_setting_is_documented(name: str) -> None:
    pages = (ROOT / "docs" / "settings.md").read_text() + (ROOT / "README.md").read_text()

    assert f"`{name.upper()}`" in pages


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STAGE", "Dev"),
        ("STAGE", "2dev"),
        ("STAGE", "my-stage"),
        ("STAGE", "x" * 17),
        ("USER_POOL_ID", "aBcD12345"),
        ("USER_POOL_ID", "eu-west-1_aBcD12345/.."),
        ("EMOTIONS", "perhaps"),
        ("SESSION_HOURS", "0"),
        ("SESSION_HOURS", "49"),
        ("SESSION_HOURS", "eight"),
        ("RETENTION_DAYS", "0"),
        ("EVIDENCE_LINK_S", "59"),
        ("USD_PER_CALL", "-1"),
        ("REKOGNITION_TPS", "-1"),
        ("REKOGNITION_TPS", "0.5"),
        ("TENANT_CALLS_PER_HOUR", "-1"),
        ("TENANT_CALLS_PER_HOUR", "0.5"),
        ("TENANT_USD_PER_HOUR", "-0.01"),
        ("OPENAI_TIMEOUT_S", "0"),
        ("OPENAI_TIMEOUT_S", "16"),
        ("KEY_CACHE_S", "61"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        from_environment({variable: value})

    assert [error["loc"] for error in refused.value.errors()] == [(variable.lower(),)]


def test_resource_names_derive_from_the_stage() -> None:
    prod = Settings(stage="prod")

    assert {
        "sessions": prod.sessions_table,
        "tenants": prod.tenants_table,
        "exams": prod.exams_table,
        "ledger": prod.ledger_table,
        "faces": prod.faces_table,
        "collections": prod.face_collections,
        "jobs": prod.jobs_queue,
        "secrets": prod.secrets_name,
        "bucket": prod.bucket,
    } == {
        "sessions": "proctoring-prod-sessions",
        "tenants": "proctoring-prod-tenants",
        "exams": "proctoring-prod-exams",
        "ledger": "proctoring-prod-ledger",
        "faces": "proctoring-prod-faces",
        "collections": "proctoring-prod-",
        "jobs": "proctoring-prod-jobs",
        "secrets": "proctoring-prod",
        "bucket": "proctoring-prod-evidence",
    }


def test_the_bucket_has_the_name_that_the_deployment_hands_over() -> None:
    assert Settings(evidence_bucket="my-bucket").bucket == "my-bucket"


def test_user_tokens_are_issued_by_the_pool_and_its_keys_are_where_aws_publishes_them() -> None:
    settings = Settings(user_pool_id="eu-west-1_aBcD12345")

    assert settings.user_tokens_issuer == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_aBcD12345"
    assert settings.user_pool_keys_url == f"{settings.user_tokens_issuer}/.well-known/jwks.json"


def test_the_pools_keys_may_be_elsewhere_and_the_issuer_stays() -> None:
    settings = Settings(user_pool_id="eu-west-1_aBcD12345", jwks_url="http://127.0.0.1:8002/keys.json")

    assert settings.user_tokens_issuer == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_aBcD12345"
    assert settings.user_pool_keys_url == "http://127.0.0.1:8002/keys.json"


def test_without_a_pool_there_is_no_issuer_and_there_are_no_keys() -> None:
    assert (Settings().user_tokens_issuer, Settings().user_pool_keys_url) == ("", "")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().stage = "prod"
