"""The offline cloud, for every test over HTTP: one for each test process, started when first asked for."""

import secrets
import time
import uuid
from collections.abc import Iterator
from functools import cached_property

import pytest

from chalicelib.aws.keys import Keys
from chalicelib.aws.tenants import Tenants
from chalicelib.flows.open_tenant import OpenTenant
from infra.local.cloud import STAGE, OfflineCloud
from infra.local.roles import read_asked


class Cloud(OfflineCloud):
    """The offline cloud: `url`, `rekognition_url`, `aws_url`, `client(service)`, and tenants for tests."""

    @cached_property
    def api_key(self) -> str:
        """A key that all tests share."""
        return self.new_api_key()

    def new_api_key(self, name: str = "Acme Hiring") -> str:
        """The key of a new tenant, who has no sessions yet: two writes, no process of its own."""
        client, table = self.client("dynamodb"), f"proctoring-{STAGE}-tenants"
        tenants, keys = Tenants(client, table), Keys(client, table)
        flow = OpenTenant(tenants, keys, time.time, lambda: uuid.uuid4().hex, secrets.choice, STAGE)
        return flow(name).text


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    # Tests send frames faster than any camera: the provider's rate has a test of its own.
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REKOGNITION_TPS", "0")
        # And nobody waits half a minute for a key to be refused.
        environment.setenv("KEY_CACHE_S", "3")
        with Cloud(logs=tmp_path_factory.mktemp("cloud")) as started:
            yield started
        # Whatever the tests made of it: a function that is not allowed what it does is a defect.
        assert [each for each in read_asked(started.asked) if not each.allowed] == []


@pytest.fixture
def api_key(cloud: Cloud) -> str:
    """The key of a tenant that no other test uses."""
    return cloud.new_api_key()
