"""What to do about errors that are known."""

import re

from botocore.exceptions import ClientError

from infra.deploy.errors import DeployError, PackageError

AGAIN = "Run the same command again: it goes on where it stopped."

# What the error says, and what helps. The first that fits.
KNOWN = {
    r"Unable to locate credentials|NoCredentials|SSO|token.*refresh": (
        "Log in: `aws configure`, `aws sso login`, or set AWS_PROFILE; `aws sts get-caller-identity` tells "
        "who you are."
    ),
    r"ExpiredToken|RequestExpired": "Your credentials have expired: log in again.",
    r"InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|AuthFailure": (
        "AWS does not know these credentials: check AWS_PROFILE, the access key and this machine's clock."
    ),
    r"AccessDenied|UnauthorizedOperation|not authorized to perform": (
        "Your user or role lacks this permission: docs/deploy.md lists what a deployment needs."
    ),
    r"Could not connect to the endpoint|EndpointConnection|ConnectTimeout|Proxy|Connection was closed": (
        "AWS was not reached: check the network, the proxy (HTTPS_PROXY) and the region."
    ),
    r"is \w*_IN_PROGRESS|_IN_PROGRESS state": (
        "Somebody else, or an earlier run, is changing the stack: wait until it rests."
    ),
    r"more than one GSI": (
        "DynamoDB gives a table that is there one new index an update: docs/deploy.md, under Updating, tells "
        "how to add several."
    ),
    r"UPDATE_ROLLBACK_FAILED": (
        "Put right what the stack's events name, then "
        "`aws cloudformation continue-update-rollback --stack-name proctoring-<stage>`."
    ),
    r"DELETE_FAILED|BucketNotEmpty|bucket you tried to delete is not empty": (
        "Something was still in use or not empty: run `make destroy` again."
    ),
    r"deletion protection": (
        "Somebody has protected the user pool from being deleted: take the protection off in Cognito if that "
        "is meant."
    ),
    r"QueueDeletedRecently|wait 60 seconds|being deleted|is DELETING": (
        "What was taken down a moment ago still has its name: wait a minute."
    ),
    r"scheduled for deletion": (
        "The stage's secret was deleted lately and its name is still taken: "
        "`aws secretsmanager restore-secret --secret-id proctoring-<stage>` to have it back, or "
        "`aws secretsmanager delete-secret --force-delete-without-recovery` with the same name."
    ),
    r"BucketAlreadyExists|BucketAlreadyOwnedByYou|already exists|AlreadyExists": (
        "A resource of this name is there, but not in the stack. If it is a leftover, delete it; if it holds "
        "data that you want, import it (`aws cloudformation create-change-set --change-set-type IMPORT`)."
    ),
    r"TooManyBuckets|LimitExceeded|QuotaExceeded": (
        "The account has reached a limit: raise it in Service Quotas, or remove what is not needed."
    ),
    r"CodeStorageExceeded": (
        "Lambda's space for code and layers in this region is full: delete old layer versions, or raise the "
        "quota."
    ),
    r"RequestEntityTooLarge|Unzipped size must be smaller|larger than the maximum": (
        "Package and layer exceed Lambda's limits: `make package` shows their sizes."
    ),
    r"TooManyRequests|Throttling|Rate exceeded": "AWS asked to slow down: wait a minute.",
    r"ResourceConflict|update is in progress|ResourceInUse": (
        "AWS is still busy with an earlier change: wait a minute."
    ),
    r"cannot be assumed by Lambda": "A new role is not known everywhere yet: wait a minute.",
    r"ConcurrentModification|OperationAborted": "Two deployments met: run one at a time.",
    r"No space left on device": "The disk is full: `make clean` removes builds and environments.",
    r"not the package that was checked": (
        "Somebody else deployed at the same time, or Chalice has changed how it names packages."
    ),
    r"health\?deep=true": (
        "The parts are there but do not work together yet. A region that was never used before may need some "
        "minutes; else see the log of the function `proctoring-<stage>`, and docs/runbook.md."
    ),
}


def advice_on(error: BaseException) -> str:
    """What to do about it, for a person; empty where the error says so itself."""
    said = text_of(error)
    for pattern, advice in KNOWN.items():
        if re.search(pattern, said, re.IGNORECASE):
            return advice
    if isinstance(error, (DeployError, PackageError)):
        return ""  # ours: it says itself what to do
    return "This error is not known here; what AWS says above is all there is."


def text_of(error: BaseException) -> str:
    """The error's words."""
    if isinstance(error, ClientError):
        return (
            f"{error.operation_name}: {error.response['Error']['Code']}: {error.response['Error']['Message']}"
        )
    if isinstance(error, (DeployError, PackageError)):
        return "\n".join(str(word) for word in error.args)
    return f"{type(error).__name__}: {error}"
