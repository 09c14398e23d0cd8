"""What a bucket of moto's CloudFormation tells queues of: the template's NotificationConfiguration.

moto knows such configurations, and sends what they say, its test event too; its CloudFormation passes them
over. It does not ask whether the queue's policy lets S3 send: AWS refuses to make the bucket if it does not.
"""

from typing import Any

from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition

MotoBucket = Any
Json = dict[str, Any]


def install() -> None:
    """Put the override into moto. For a process that serves moto and does nothing else."""
    bucket_class: MotoBucket = FakeBucket
    create, update = (
        bucket_class.create_from_cloudformation_json,
        bucket_class.update_from_cloudformation_json,
    )

    def made(
        _: MotoBucket,
        /,
        resource_name: str,
        cloudformation_json: Json,
        account_id: str,
        region_name: str,
        **more: Any,  # noqa: ANN401 - as moto has it
    ) -> MotoBucket:
        bucket = create(resource_name, cloudformation_json, account_id, region_name, **more)
        _apply(bucket, cloudformation_json, account_id, region_name)
        return bucket

    def updated(_: MotoBucket, /, **given: Any) -> MotoBucket:  # noqa: ANN401 - as moto has it
        bucket = update(**given)
        _apply(bucket, given["cloudformation_json"], given["account_id"], given["region_name"])
        return bucket

    bucket_class.create_from_cloudformation_json = classmethod(made)
    bucket_class.update_from_cloudformation_json = classmethod(updated)


def _apply(bucket: MotoBucket, cloudformation_json: Json, account_id: str, region_name: str) -> None:
    """Let the bucket notify whom its properties name; moto has resolved their `!GetAtt` and `!Sub`."""
    wanted = cloudformation_json.get("Properties", {}).get("NotificationConfiguration", {})
    queues = [_in_s3s_words(each) for each in wanted.get("QueueConfigurations", [])]
    backend = s3_backends[account_id][get_partition(region_name)]
    backend.put_bucket_notification_configuration(
        bucket.name, {"QueueConfiguration": queues} if queues else {}
    )


def _in_s3s_words(configuration: Json) -> Json:
    """A QueueConfiguration of CloudFormation as S3's XML has it."""
    rules = configuration.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    told = {"Queue": configuration["Queue"], "Event": [configuration["Event"]]}
    return told | ({"Filter": {"S3Key": {"FilterRule": rules}}} if rules else {})
