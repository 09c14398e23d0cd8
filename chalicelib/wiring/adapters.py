"""The adapters of this process."""

from functools import cache, partial
from typing import TYPE_CHECKING

from chalicelib.aws import probes
from chalicelib.aws.accounts import Accounts
from chalicelib.aws.alerts import Alerts
from chalicelib.aws.attempts import Attempts
from chalicelib.aws.deliveries import Deliveries
from chalicelib.aws.endpoints import Endpoints
from chalicelib.aws.enrolment_jobs import EnrolmentJobs
from chalicelib.aws.enrolments import Enrolments
from chalicelib.aws.evidence import Evidence
from chalicelib.aws.exams import Exams
from chalicelib.aws.image_jobs import ImageJobs
from chalicelib.aws.job_pictures import JobPictures
from chalicelib.aws.jobs import Jobs
from chalicelib.aws.keys import Keys
from chalicelib.aws.ledger import Ledger
from chalicelib.aws.people import People
from chalicelib.aws.requests import Requests
from chalicelib.aws.secrets import Secrets
from chalicelib.aws.sessions import Sessions
from chalicelib.aws.tenants import Tenants
from chalicelib.aws.uploads import Uploads
from chalicelib.flows.check_health import CheckHealth
from chalicelib.vision.rekognition.collection import FaceCollections
from chalicelib.vision.rekognition.comparison import Comparison
from chalicelib.vision.rekognition.liveness import Liveness
from chalicelib.vision.rekognition.looks import Rekognition
from chalicelib.wiring.process import PICTURES, VISION, client, pool, settings

if TYPE_CHECKING:
    from chalicelib.flows.ports import Probe
    from chalicelib.summary.openai import OpenAI

_DAY_S = 86_400.0
_VISION_DEADLINE_S = 8.0


@cache
def sessions() -> Sessions:
    """Sessions in DynamoDB."""
    return Sessions(
        client("dynamodb"), settings().sessions_table, retention_s=settings().retention_days * _DAY_S
    )


@cache
def alerts() -> Alerts:
    """Alerts across sessions in DynamoDB."""
    return Alerts(client("dynamodb"), settings().sessions_table)


@cache
def tenants() -> Tenants:
    """Tenants in DynamoDB."""
    return Tenants(client("dynamodb"), settings().tenants_table)


@cache
def exams() -> Exams:
    """Exams in DynamoDB."""
    return Exams(client("dynamodb"), settings().exams_table, retention_s=settings().retention_days * _DAY_S)


@cache
def attempts() -> Attempts:
    """Attempts at exams in DynamoDB."""
    return Attempts(
        client("dynamodb"), settings().exams_table, retention_s=settings().retention_days * _DAY_S
    )


@cache
def people() -> People:
    """People in DynamoDB."""
    return People(client("dynamodb"), settings().tenants_table)


@cache
def accounts() -> Accounts:
    """Their accounts in Cognito."""
    pool_id, client_id = settings().user_pool_id, settings().user_pool_client_id
    return Accounts(client("cognito-idp"), pool_id, client_id)


@cache
def api_keys() -> Keys:
    """API keys in DynamoDB."""
    return Keys(client("dynamodb"), settings().tenants_table)


@cache
def requests() -> Requests:
    """What requests add up to."""
    return Requests(client("dynamodb"), settings().ledger_table)


@cache
def evidence() -> Evidence:
    """Pictures in S3."""
    return Evidence(client("s3", PICTURES), settings().bucket, link_s=settings().evidence_link_s)


@cache
def jobs() -> Jobs:
    """Slow work."""
    return Jobs(client("sqs"), settings().jobs_queue)


@cache
def keys() -> Secrets:
    """The service's own keys."""
    return Secrets(client("secretsmanager"), settings().secrets_name)


@cache
def vision() -> Rekognition:
    """Rekognition."""
    return Rekognition(client("rekognition", VISION), pool(), deadline_s=_VISION_DEADLINE_S)


@cache
def comparison() -> Comparison:
    """Rekognition's comparison of two pictures."""
    return Comparison(client("rekognition", VISION), settings().bucket)


@cache
def known_faces() -> FaceCollections:
    """Each tenant's faces in Rekognition."""
    return FaceCollections(client("rekognition", VISION), settings().face_collections)


@cache
def enrolments() -> Enrolments:
    """Whose faces are known, in DynamoDB."""
    return Enrolments(client("dynamodb"), settings().faces_table)


@cache
def enrolment_jobs() -> EnrolmentJobs:
    """Enrolments that the queue works on, in DynamoDB."""
    return EnrolmentJobs(client("dynamodb"), settings().faces_table)


@cache
def uploads() -> Uploads:
    """Pictures on their way to a job, in S3."""
    return Uploads(client("s3", PICTURES), settings().bucket)


@cache
def image_jobs() -> ImageJobs:
    """Pictures that the queue looks at, in DynamoDB."""
    return ImageJobs(client("dynamodb"), settings().images_table)


@cache
def job_pictures() -> JobPictures:
    """These pictures, in S3."""
    return JobPictures(client("s3", PICTURES), settings().bucket, link_s=settings().evidence_link_s)


@cache
def endpoints() -> Endpoints:
    """Where tenants want to be told, in DynamoDB."""
    return Endpoints(client("dynamodb"), settings().webhooks_table)


@cache
def deliveries() -> Deliveries:
    """Messages to endpoints, in DynamoDB."""
    return Deliveries(client("dynamodb"), settings().webhooks_table)


@cache
def liveness() -> Liveness:
    """Rekognition Face Liveness."""
    return Liveness(client("rekognition", VISION), usd=settings().usd_per_liveness)


@cache
def ledger() -> Ledger:
    """What Rekognition's calls add up to."""
    return Ledger(client("dynamodb"), settings().ledger_table, tps=settings().rekognition_tps)


@cache
def summarizer() -> "OpenAI":
    """The report in words: by OpenAI where there is a key, else by rules."""
    from chalicelib.summary.openai import OpenAI  # noqa: PLC0415 - asyncio, which only a session's end needs

    return OpenAI(
        lambda: keys().get("openai_api_key"),
        model=settings().openai_model,
        timeout_s=settings().openai_timeout_s,
    )


@cache
def check_health() -> CheckHealth:
    """Ask each service that this one stands on."""
    database, names = client("dynamodb"), settings()
    asked: dict[str, Probe] = {
        "sessions": partial(probes.ask_table, database, names.sessions_table, sorted_by=("sk",)),
        "tenants": partial(probes.ask_table, database, names.tenants_table),
        "exams": partial(probes.ask_table, database, names.exams_table, sorted_by=("sk",)),
        "faces": partial(probes.ask_table, database, names.faces_table, sorted_by=("sk",)),
        "images": partial(probes.ask_table, database, names.images_table, sorted_by=("sk",)),
        "webhooks": partial(probes.ask_table, database, names.webhooks_table, sorted_by=("sk",)),
        "ledger": partial(probes.ask_table, database, names.ledger_table),
        "evidence": partial(probes.ask_bucket, client("s3", PICTURES), names.bucket),
        "jobs": partial(probes.ask_queue, client("sqs"), names.jobs_queue),
        "keys": keys().probe,
        "vision": vision().probe,
    }
    if names.user_pool_id:
        asked["people"] = accounts().probe
    return CheckHealth(asked, pool())
