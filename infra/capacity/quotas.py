"""AWS's quotas that many candidates at once meet: defaults in us-east-1, and where to read them."""

from dataclasses import dataclass

_DOCS = "https://docs.aws.amazon.com/"


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit. `name` is AWS's; `meanwhile` is what the service does while it is met."""

    key: str
    name: str
    unit: str
    default: float
    source: str
    meanwhile: str


QUOTAS = {
    quota.key: quota
    for quota in (
        Quota(
            "rekognition_tps",
            "Rekognition: transactions per second of DetectFaces, DetectLabels, DetectText",
            "calls/s",
            50,
            f"{_DOCS}general/latest/gr/rekognition.html",
            "`REKOGNITION_TPS` withholds what does not fit, text first, then objects, then faces that were "
            "looked at lately; what is in doubt is `unanalysed`, nobody is accused",
        ),
        Quota(
            "lambda_concurrency",
            "Lambda: concurrent executions",
            "executions",
            1000,
            f"{_DOCS}lambda/latest/dg/gettingstarted-limits.html",
            "the gateway answers 502 for invocations beyond it, and the client sends the frame again",
        ),
        Quota(
            "lambda_scaling",
            "Lambda: new environments of a function in 10 s (cannot be raised)",
            "environments",
            1000,
            f"{_DOCS}lambda/latest/dg/lambda-concurrency.html",
            "frames wait for an environment to start, or are refused as above",
        ),
        Quota(
            "gateway_rps",
            "API Gateway: throttle rate of the account (burst 5,000)",
            "requests/s",
            10_000,
            f"{_DOCS}apigateway/latest/developerguide/limits.html",
            "429 from the gateway, and the client sends the frame again",
        ),
        Quota(
            "table_wru",
            "DynamoDB: write request units of an on-demand table",
            "WRU/s",
            40_000,
            f"{_DOCS}amazondynamodb/latest/developerguide/ServiceQuotas.html",
            "503 with `Retry-After` after two tries, and the client sends the frame again",
        ),
        Quota(
            "table_rru",
            "DynamoDB: read request units of an on-demand table",
            "RRU/s",
            40_000,
            f"{_DOCS}amazondynamodb/latest/developerguide/ServiceQuotas.html",
            "503 with `Retry-After` after two tries, and the client sends the frame again",
        ),
        Quota(
            "warm_wru",
            "DynamoDB: warm throughput of a new table, sessions",
            "WRU/s",
            4000,
            f"{_DOCS}amazondynamodb/latest/developerguide/warm-throughput.html",
            "as the table's own quota, until it has grown: it doubles within 30 minutes",
        ),
        Quota(
            "warm_rru",
            "DynamoDB: warm throughput of a new table, sessions",
            "RRU/s",
            12_000,
            f"{_DOCS}amazondynamodb/latest/developerguide/warm-throughput.html",
            "as the table's own quota, until it has grown: it doubles within 30 minutes",
        ),
        Quota(
            "ledger_warm_wru",
            "DynamoDB: warm throughput of a new table, ledger",
            "WRU/s",
            4000,
            f"{_DOCS}amazondynamodb/latest/developerguide/warm-throughput.html",
            "who is not answered is not granted: `unanalysed` as above",
        ),
        Quota(
            "counter_wru",
            "DynamoDB: one partition, and so one counter of the ledger (cannot be raised)",
            "WRU/s",
            1000,
            f"{_DOCS}amazondynamodb/latest/developerguide/bp-partition-key-design.html",
            "who is not answered is not granted: `unanalysed` as above",
        ),
        Quota(
            "index_wru",
            "DynamoDB: one partition, and so one tenant's starts in the index by_start (cannot be raised)",
            "WRU/s",
            1000,
            f"{_DOCS}amazondynamodb/latest/developerguide/bp-partition-key-design.html",
            "starts are answered 503 with `Retry-After`, and the platform sends them again",
        ),
        Quota(
            "tenant_wru",
            "DynamoDB: one partition, and so one tenant's hour, where it has a limit (cannot be raised)",
            "WRU/s",
            1000,
            f"{_DOCS}amazondynamodb/latest/developerguide/bp-partition-key-design.html",
            "calls beyond it are not counted, and the tenant's limit comes late",
        ),
    )
}
"""Key to quota, in the order in which a request meets the services."""
