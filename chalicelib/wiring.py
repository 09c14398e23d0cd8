"""Cached factories: the only place that joins flows to adapters.

Nothing here runs at import; a process makes each thing when it is first needed, and keeps it.
"""

import gc
import secrets
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import boto3
from botocore.config import Config

from chalicelib import __version__
from chalicelib.aws import probes
from chalicelib.aws.accounts import Accounts
from chalicelib.aws.alerts import Alerts
from chalicelib.aws.attempts import Attempts
from chalicelib.aws.evidence import Evidence
from chalicelib.aws.exams import Exams
from chalicelib.aws.jobs import Jobs
from chalicelib.aws.keys import Keys
from chalicelib.aws.ledger import Ledger
from chalicelib.aws.people import People
from chalicelib.aws.requests import Requests
from chalicelib.aws.secrets import Secrets
from chalicelib.aws.sessions import Sessions
from chalicelib.aws.tenants import Tenants
from chalicelib.aws.tokens import UserTokens
from chalicelib.flows.analyze_frame import AnalyzeFrame
from chalicelib.flows.ask_provider import AskProvider, Budget
from chalicelib.flows.assign_candidates import AssignCandidates
from chalicelib.flows.change_key import ChangeKey
from chalicelib.flows.change_person import ChangePerson, RemovePerson
from chalicelib.flows.change_tenant import ChangeTenant
from chalicelib.flows.check_health import CheckHealth
from chalicelib.flows.check_key import CheckKey
from chalicelib.flows.check_token import CheckToken
from chalicelib.flows.close_abandoned import CloseAbandoned, EndAbandoned
from chalicelib.flows.create_key import CreateKey
from chalicelib.flows.end_session import EndSession, TidyEvidence
from chalicelib.flows.erase_session import EraseSession, SweepPictures
from chalicelib.flows.find_people import FindPeople, ReadPeople
from chalicelib.flows.invite_person import InvitePerson
from chalicelib.flows.keep_exam import ChangeExam, CreateExam, ReadExams
from chalicelib.flows.know_limits import KnowLimits
from chalicelib.flows.limit_requests import LimitRequests
from chalicelib.flows.list_alerts import ListAlerts
from chalicelib.flows.log_in import LogIn
from chalicelib.flows.log_out import LogOut
from chalicelib.flows.open_session import OpenSession
from chalicelib.flows.open_tenant import OpenTenant
from chalicelib.flows.read_keys import ReadKeys
from chalicelib.flows.read_results import ReadResults
from chalicelib.flows.read_session import ReadSession
from chalicelib.flows.read_tenant import ReadTenant
from chalicelib.flows.register_person import ConfirmPerson, RegisterPerson
from chalicelib.flows.reset_password import ForgetPassword, ResetPassword
from chalicelib.flows.rotate_key import RotateKey
from chalicelib.flows.take_exam import FindAttempt, StartAttempt, SubmitAnswers
from chalicelib.settings import Settings, from_environment
from chalicelib.vision.checks import look
from chalicelib.vision.gate import Gate
from chalicelib.vision.rekognition import Rekognition

if TYPE_CHECKING:
    from chalicelib.flows.ports import Probe
    from chalicelib.summary.openai import OpenAI

Params = ParamSpec("Params")
Made = TypeVar("Made")

_DAY_S = 86_400.0
_HEAD_START_S = 0.02
"""Three calls are sent in less; Rekognition takes ten times as long."""
# Where one process serves many (`make serve`): a hundred frames a second, of three calls of 0.25 s each, keep
# 75 busy.
_THREADS = 128

# botocore's own 60 s would outlive the gateway's 29 s. Two tries of Rekognition fit its deadline.
_QUICK = Config(
    connect_timeout=1.5,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=_THREADS,
    tcp_keepalive=True,
    parameter_validation=False,  # the table says it, too; looking through every item takes 0.1 ms
    user_agent=f"proctoring/{__version__}",  # else built anew for every call, in 0.08 ms
)
_VISION = _QUICK.merge(
    Config(connect_timeout=1.5, read_timeout=3.5, retries={"mode": "standard", "total_max_attempts": 2})
)
# Links are signed for the bucket's own region: new buckets refuse the older signature, and redirect.
_PICTURES = _QUICK.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
_VISION_DEADLINE_S = 8.0

_making_client = Lock()


@cache
def settings() -> Settings:
    """The settings of this process."""
    return from_environment()


class _Threads(ThreadPoolExecutor):
    """Threads that know whose request they work for: the log's ids travel with each call."""

    def submit(
        self, fn: Callable[Params, Made], /, *args: Params.args, **kwargs: Params.kwargs
    ) -> Future[Made]:
        """As `Executor.submit`."""
        context = copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))


@cache
def pool() -> Executor:
    """Threads that wait for other services."""
    return _Threads(_THREADS, thread_name_prefix="call")


class _Unhurried(Executor):
    """Begins a bit later, when calls that the caller waits for are on their way: they need the processor."""

    def submit(
        self, fn: Callable[Params, Made], /, *args: Params.args, **kwargs: Params.kwargs
    ) -> Future[Made]:
        """As `Executor.submit`."""

        def later() -> Made:
            time.sleep(_HEAD_START_S)
            return fn(*args, **kwargs)

        return pool().submit(later)


@cache
def aside() -> Executor:
    """The same threads, for what has time until the provider has answered."""
    return _Unhurried()


@cache
def _client(service: str, config: Config = _QUICK) -> Any:  # noqa: ANN401 - each adapter names its client's type
    with _making_client:  # boto3's default session is not safe to make two clients at once
        client = boto3.client(service, config=config)  # type: ignore[call-overload]
        # Its models are some hundred thousand objects that stay: no collection need look through them again,
        # which takes a tenth of a second, in the middle of a frame.
        gc.freeze()
        return client


@cache
def sessions() -> Sessions:
    """Sessions in DynamoDB."""
    return Sessions(
        _client("dynamodb"), settings().sessions_table, retention_s=settings().retention_days * _DAY_S
    )


@cache
def alerts() -> Alerts:
    """Alerts across sessions in DynamoDB."""
    return Alerts(_client("dynamodb"), settings().sessions_table)


@cache
def tenants() -> Tenants:
    """Tenants in DynamoDB."""
    return Tenants(_client("dynamodb"), settings().tenants_table)


@cache
def exams() -> Exams:
    """Exams in DynamoDB."""
    return Exams(_client("dynamodb"), settings().exams_table, retention_s=settings().retention_days * _DAY_S)


@cache
def attempts() -> Attempts:
    """Attempts at exams in DynamoDB."""
    return Attempts(
        _client("dynamodb"), settings().exams_table, retention_s=settings().retention_days * _DAY_S
    )


@cache
def people() -> People:
    """People in DynamoDB."""
    return People(_client("dynamodb"), settings().tenants_table)


@cache
def accounts() -> Accounts:
    """Their accounts in Cognito."""
    pool_id, client_id = settings().user_pool_id, settings().user_pool_client_id
    return Accounts(_client("cognito-idp"), pool_id, client_id)


@cache
def api_keys() -> Keys:
    """API keys in DynamoDB."""
    return Keys(_client("dynamodb"), settings().tenants_table)


@cache
def requests() -> Requests:
    """What requests add up to."""
    return Requests(_client("dynamodb"), settings().ledger_table)


@cache
def evidence() -> Evidence:
    """Pictures in S3."""
    return Evidence(_client("s3", _PICTURES), settings().bucket, link_s=settings().evidence_link_s)


@cache
def jobs() -> Jobs:
    """Slow work."""
    return Jobs(_client("sqs"), settings().jobs_queue)


@cache
def keys() -> Secrets:
    """The service's own keys."""
    return Secrets(_client("secretsmanager"), settings().secrets_name)


@cache
def vision() -> Rekognition:
    """Rekognition."""
    return Rekognition(_client("rekognition", _VISION), pool(), deadline_s=_VISION_DEADLINE_S)


@cache
def ledger() -> Ledger:
    """What Rekognition's calls add up to."""
    return Ledger(_client("dynamodb"), settings().ledger_table, tps=settings().rekognition_tps)


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
    database, names = _client("dynamodb"), settings()
    asked: dict[str, Probe] = {
        "sessions": partial(probes.ask_table, database, names.sessions_table, sorted_by=("sk",)),
        "tenants": partial(probes.ask_table, database, names.tenants_table),
        "exams": partial(probes.ask_table, database, names.exams_table, sorted_by=("sk",)),
        "ledger": partial(probes.ask_table, database, names.ledger_table),
        "evidence": partial(probes.ask_bucket, _client("s3", _PICTURES), names.bucket),
        "jobs": partial(probes.ask_queue, _client("sqs"), names.jobs_queue),
        "keys": keys().probe,
        "vision": vision().probe,
    }
    if names.user_pool_id:
        asked["people"] = accounts().probe
    return CheckHealth(asked, pool())


@cache
def check_key() -> CheckKey:
    """Who holds an API key."""
    return CheckKey(api_keys(), settings().stage, settings().key_cache_s, time.time)


@cache
def create_key() -> CreateKey:
    """Make an API key."""
    return CreateKey(api_keys(), time.time, secrets.choice, settings().stage)


@cache
def rotate_key() -> RotateKey:
    """Put a new API key in the place of another one."""
    return RotateKey(api_keys(), time.time, secrets.choice, settings().stage)


@cache
def change_key() -> ChangeKey:
    """Rename or revoke an API key."""
    return ChangeKey(api_keys())


@cache
def read_keys() -> ReadKeys:
    """Read what is stored of API keys."""
    return ReadKeys(api_keys())


@cache
def know_limits() -> KnowLimits:
    """What a tenant may use."""
    return KnowLimits(tenants(), settings().key_cache_s)


@cache
def limit_requests() -> LimitRequests:
    """Refuse requests beyond a tenant's limit."""
    return LimitRequests(know_limits(), requests(), time.time)


@cache
def read_tenant() -> ReadTenant:
    """Read what holds for a tenant."""
    return ReadTenant(tenants(), sessions(), requests(), ledger(), time.time, _budget())


@cache
def change_tenant() -> ChangeTenant:
    """Change what a tenant decides for itself."""
    return ChangeTenant(tenants())


@cache
def check_token() -> CheckToken:
    """Who holds a user token."""
    tokens = UserTokens(
        settings().user_pool_keys_url,
        issuer=settings().user_tokens_issuer,
        client_id=settings().user_pool_client_id,
    )
    return CheckToken(tokens, people(), settings().key_cache_s)


@cache
def open_tenant() -> OpenTenant:
    """Make a tenant."""
    return OpenTenant(tenants(), api_keys(), time.time, _new_id, secrets.choice, settings().stage)


@cache
def invite_person() -> InvitePerson:
    """Invite a person."""
    return InvitePerson(people(), time.time, new_sorted_id, secrets.choice)


@cache
def register_person() -> RegisterPerson:
    """Make the account of an invited person."""
    return RegisterPerson(people(), accounts(), time.time)


@cache
def confirm_person() -> ConfirmPerson:
    """Confirm a person's e-mail."""
    return ConfirmPerson(people(), accounts(), FindPeople(people()), new_sorted_id)


@cache
def log_in() -> LogIn:
    """Log a person in."""
    return LogIn(
        people(),
        accounts(),
        lambda tenant_id: tenants().tenant(tenant_id).name,
        FindPeople(people()),
        time.time,
        time.sleep,
        new_sorted_id,
    )


@cache
def log_out() -> LogOut:
    """Log a person out everywhere."""
    return LogOut(people(), accounts(), time.time, check_token().forget)


@cache
def forget_password() -> ForgetPassword:
    """Mail a code to who forgot the password."""
    return ForgetPassword(accounts(), FindPeople(people()), new_sorted_id)


@cache
def reset_password() -> ResetPassword:
    """Set another password."""
    return ResetPassword(accounts(), FindPeople(people()), log_out(), new_sorted_id)


@cache
def read_people() -> ReadPeople:
    """Read who belongs to a tenant."""
    return ReadPeople(people())


@cache
def change_person() -> ChangePerson:
    """Change a person."""
    return ChangePerson(people(), accounts(), read_people(), check_token().forget)


@cache
def remove_person() -> RemovePerson:
    """Remove a person."""
    return RemovePerson(people(), accounts(), read_people(), check_token().forget)


@cache
def open_session() -> OpenSession:
    """Start a session."""
    return OpenSession(sessions(), tenants(), time.time, _new_id, emotions_allowed=settings().emotions)


@cache
def analyze_frame() -> AnalyzeFrame:
    """Watch frames."""
    return AnalyzeFrame(
        sessions(),
        ask_provider(),
        evidence(),
        look,
        time.time,
        pool(),
        aside(),
        session_s=_session_s(),
    )


@cache
def ask_provider() -> AskProvider:
    """Ask Rekognition where it is needed."""
    return AskProvider(vision(), Gate(), ledger(), pool(), aside(), _budget(), know_limits())


@cache
def read_session() -> ReadSession:
    """Read what a session has become."""
    return ReadSession(sessions(), evidence(), time.time)


@cache
def list_alerts() -> ListAlerts:
    """List alerts across sessions."""
    return ListAlerts(alerts(), evidence())


@cache
def end_session() -> EndSession:
    """End a session."""
    return EndSession(
        sessions(),
        evidence(),
        jobs(),
        summarizer(),
        attempts(),
        time.time,
        settings().usd_per_call,
        versions={"service": __version__, "vision": "Amazon Rekognition"},
    )


@cache
def close_abandoned() -> CloseAbandoned:
    """Find the sessions that nobody ended."""
    return CloseAbandoned(sessions(), tenants(), jobs(), time.time, _session_s())


@cache
def end_abandoned() -> EndAbandoned:
    """End a session that nobody ended."""
    return EndAbandoned(sessions(), end_session(), time.time, _session_s())


@cache
def tidy_evidence() -> TidyEvidence:
    """Delete pictures that no alert cites."""
    return TidyEvidence(sessions(), evidence())


@cache
def erase_session() -> EraseSession:
    """Erase a session."""
    return EraseSession(sessions(), evidence(), jobs(), time.time)


@cache
def sweep_pictures() -> SweepPictures:
    """Delete the pictures of a session that is gone."""
    return SweepPictures(sessions(), evidence())


@cache
def assign_candidates() -> AssignCandidates:
    """Say who takes an exam."""
    return AssignCandidates(
        exams(), attempts(), people(), invite_person(), time.time, _new_id, pool(), _session_s()
    )


@cache
def create_exam() -> CreateExam:
    """Make an exam."""
    return CreateExam(exams(), time.time, new_sorted_id, _session_s())


@cache
def change_exam() -> ChangeExam:
    """Change an exam, or close it."""
    return ChangeExam(exams(), attempts(), time.time, _session_s())


@cache
def read_exams() -> ReadExams:
    """Read exams."""
    return ReadExams(exams(), attempts())


@cache
def start_attempt() -> StartAttempt:
    """Start an exam, or go on with it."""
    return StartAttempt(exams(), attempts(), sessions(), open_session(), time.time)


@cache
def submit_answers() -> SubmitAnswers:
    """Hand in answers."""
    return SubmitAnswers(exams(), attempts(), end_session(), time.time)


@cache
def find_attempt() -> FindAttempt:
    """Find the attempt of a session, and the session of an attempt."""
    return FindAttempt(exams(), attempts(), sessions())


@cache
def read_results() -> ReadResults:
    """Read what became of an exam's attempts."""
    return ReadResults(exams(), attempts(), sessions(), pool())


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def new_sorted_id() -> str:
    """An id that sorts by the time it was made: 12 hex digits of milliseconds, 20 of chance."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def _budget() -> Budget:
    return Budget(settings().usd_per_call, settings().tenant_calls_per_hour, settings().tenant_usd_per_hour)


def _session_s() -> float:
    return settings().session_hours * 3600.0


def _new_id() -> str:
    return uuid.uuid4().hex
