"""Errors that are known come with what to do about them."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from infra.deploy.advice import KNOWN, advice_on, text_of
from infra.deploy.errors import DeployError


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateFunction")


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (NoCredentialsError(), "aws configure"),
        (refusal("ExpiredToken", "The security token included in the request is expired"), "log in again"),
        (refusal("UnrecognizedClientException"), "does not know these credentials"),
        (
            refusal("AccessDeniedException", "User: x is not authorized to perform: iam:CreateRole"),
            "docs/deploy.md",
        ),
        (EndpointConnectionError(endpoint_url="https://lambda.eu-west-1.amazonaws.com"), "network"),
        (
            refusal("ValidationError", "Stack:x is in UPDATE_IN_PROGRESS state and can not be updated."),
            "wait",
        ),
        (
            DeployError(
                "The stack proctoring-dev is UPDATE_ROLLBACK_COMPLETE.",
                "SessionsTable: Cannot perform more than one GSI creation or deletion in a single update",
            ),
            "one new index an update",
        ),
        (DeployError("The stack proctoring-dev is UPDATE_ROLLBACK_FAILED."), "continue-update-rollback"),
        (
            DeployError("The stack is ROLLBACK_COMPLETE.", "Secrets: scheduled for deletion."),
            "restore-secret",
        ),
        (DeployError("The stack is ROLLBACK_COMPLETE.", "SessionsTable: already exists"), "leftover"),
        (DeployError("The stack is DELETE_FAILED."), "make destroy"),
        (
            refusal(
                "InvalidParameterException",
                "The user pool cannot be deleted because deletion protection is activated.",
            ),
            "in Cognito",
        ),
        (DeployError("JobsQueue: You must wait 60 seconds after deleting a queue"), "wait a minute"),
        (refusal("TooManyBuckets"), "Service Quotas"),
        (refusal("CodeStorageExceededException"), "old layer versions"),
        (
            refusal("InvalidParameterValueException", "Unzipped size must be smaller than 262144000 bytes"),
            "make package",
        ),
        (refusal("TooManyRequestsException", "Rate exceeded"), "slow down"),
        (refusal("ResourceConflictException", "An update is in progress for resource"), "busy"),
        (refusal("InvalidParameterValueException", "The role defined cannot be assumed by Lambda."), "role"),
        (refusal("ConcurrentModificationException"), "one at a time"),
        (DeployError("chalice deploy failed:", "OSError: [Errno 28] No space left on device"), "make clean"),
        (DeployError("run_job: the code in Lambda is not the package that was checked."), "Somebody else"),
        (DeployError("https://x/dev/health?deep=true: not reached: sessions."), "docs/runbook.md"),
    ],
)
def test_known_error_says_what_helps(error: Exception, helps: str) -> None:
    assert helps in advice_on(error)


def test_each_advice_is_for_an_error_that_is_tested() -> None:
    (parameters,) = (mark for mark in test_known_error_says_what_helps.pytestmark)  # type: ignore[attr-defined]
    given = {advice_on(error) for error, _ in parameters.args[1]}

    assert given == set(KNOWN.values())


def test_unknown_error_claims_nothing() -> None:
    assert "not known here" in advice_on(refusal("Strange"))


def test_error_that_says_itself_what_to_do_is_given_no_other_advice() -> None:
    assert not advice_on(DeployError("No region is chosen.", "Set AWS_REGION, or the profile's region."))


def test_error_of_aws_is_shown_with_what_was_asked() -> None:
    assert text_of(refusal("Strange", "It rains.")) == "CreateFunction: Strange: It rains."
