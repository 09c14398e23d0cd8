"""What Chalice has made of a stage, found in the account rather than remembered.

Chalice writes down what it made only when all of it was made, in a file of the machine that it ran on. After
half a deployment, or on another machine, it would make a second API. So its file is written anew before each
run, from what is there.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy import project
from infra.deploy.account import Account
from infra.deploy.stage import API_FUNCTION, APP, Stage

Resource = dict[str, str]

_CHALICE = "aws-chalice"
"""A tag of every function that Chalice made: `version=1.34.0:stage=dev:app=proctoring`."""
_STACK = "aws:cloudformation:stack-name"
"""A tag of every function that CloudFormation made, of Chalice's template, too."""


@dataclass(frozen=True, slots=True)
class Found:
    """Asks the account; changes nothing.

    A name alone makes nothing Chalice's: what is found is deleted when the service has it no longer.
    """

    account: Account
    stage: Stage

    def state(self) -> dict[str, Any]:
        """The content of `.chalice/deployed/<stage>.json`. Chalice deletes from its end to its beginning."""
        functions = self.functions()
        known = functions.keys() | project.functions()
        roles, resources = self._roles(known), list[Resource]()
        for name in sorted({*functions, *roles}):
            resources += self._of_function(name, functions.get(name), roles)
        resources += self._rules(known)
        resources += self._apis()
        return {"resources": resources, "schema_version": "2.0", "backend": "api"}

    def functions(self) -> dict[str, dict[str, Any]]:
        """The functions' configurations, by their names in app.py: of those that carry Chalice's tag."""
        return {name: each for name, each in self._named().items() if self._is_ours(self._tags(each))}

    def foreign(self) -> dict[str, str]:
        """Functions with the names of ours that Chalice did not make: by whom, as far as a tag says."""
        wanted = project.functions()
        tags = {name: self._tags(each) for name, each in self._named().items() if name in wanted}
        return {name: of.get(_STACK, "somebody else") for name, of in tags.items() if not self._is_ours(of)}

    def event_sources(self, function_arn: str) -> list[dict[str, Any]]:
        """What feeds the function from queues."""
        client = self.account.client("lambda")
        pages = self.account.pages(client, "list_event_source_mappings", FunctionName=function_arn)
        listed = [each for page in pages for each in page["EventSourceMappings"]]
        return [each for each in listed if each["State"] != "Deleting"]

    def api(self) -> str | None:
        """The id of the REST API whose routes lead to the stage's function."""
        client = self.account.client("apigateway")
        listed = [each for page in self.account.pages(client, "get_rest_apis") for each in page["items"]]
        ours = sorted(each["id"] for each in listed if each["name"] == APP and self._leads_here(each["id"]))
        # Two, if somebody ran Chalice without its file: the one that is served, rather than the other.
        return next((each for each in ours if self._is_served(each)), next(iter(ours), None))

    def api_url(self, api_id: str) -> str:
        """Where the API answers."""
        suffix = self.account.dns_suffix
        return f"https://{api_id}.execute-api.{self.account.region}.{suffix}/{self.stage.name}/"

    def _named(self) -> dict[str, dict[str, Any]]:
        client = self.account.client("lambda")
        listed = [each for page in self.account.pages(client, "list_functions") for each in page["Functions"]]
        named = {self._name(each["FunctionName"]): each for each in listed}
        return {name: function for name, function in named.items() if name}

    def _is_ours(self, tags: Mapping[str, str]) -> bool:
        made_by_chalice = f":stage={self.stage.name}:app={APP}" in tags.get(_CHALICE, "")
        return made_by_chalice and _STACK not in tags

    def _tags(self, function: dict[str, Any]) -> dict[str, str]:
        return self.account.client("lambda").list_tags(Resource=function["FunctionArn"])["Tags"]

    def _roles(self, functions: Collection[str]) -> dict[str, str]:
        """The functions' roles, by ARN."""
        client = self.account.client("iam")
        listed = [each for page in self.account.pages(client, "list_roles") for each in page["Roles"]]
        there = {each["RoleName"]: each["Arn"] for each in listed}
        named = {name: f"{self.stage.prefix}{name}" for name in functions}
        return {name: there[role] for name, role in named.items() if role in there}

    def _of_function(
        self, name: str, function: dict[str, Any] | None, roles: dict[str, str]
    ) -> Iterator[Resource]:
        if name in roles:
            role_name = f"{self.stage.prefix}{name}"
            yield _resource("iam_role", f"{name}_role", role_arn=roles[name], role_name=role_name)
        if function is None:
            return
        arn = function["FunctionArn"]
        yield _resource("lambda_function", name, lambda_arn=arn)
        for source in self.event_sources(arn):
            queue = source["EventSourceArn"]
            yield _resource(
                "sqs_event",
                f"{name}-sqs-event-source",
                queue_arn=queue,
                queue=queue.rpartition(":")[2],
                event_uuid=source["UUID"],
                lambda_arn=arn,
            )

    def _rules(self, functions: Collection[str]) -> Iterator[Resource]:
        client = self.account.client("events")
        pages = self.account.pages(client, "list_rules", NamePrefix=self.stage.prefix)
        ours = {f"{self.stage.prefix}{name}-event" for name in functions}
        for rule in (each["Name"] for page in pages for each in page["Rules"] if each["Name"] in ours):
            yield _resource("cloudwatch_event", rule.removeprefix(self.stage.prefix), rule_name=rule)

    def _apis(self) -> Iterator[Resource]:
        if api_id := self.api():
            yield _resource("rest_api", "rest_api", rest_api_id=api_id, rest_api_url=self.api_url(api_id))

    def _name(self, function_name: str) -> str | None:
        if function_name == self.stage.function(API_FUNCTION):
            return API_FUNCTION
        prefix = self.stage.prefix
        return function_name.removeprefix(prefix) if function_name.startswith(prefix) else None

    def _leads_here(self, api_id: str) -> bool:
        client, function = self.account.client("apigateway"), self.stage.function(API_FUNCTION)
        asked = {"restApiId": api_id, "embed": ["methods"]}
        for page in self.account.pages(client, "get_resources", **asked):
            for resource in page["items"]:
                for method in resource.get("resourceMethods", {}).values():
                    uri = method.get("methodIntegration", {}).get("uri", "")
                    if f":function:{function}/" in uri:
                        return True
        return False

    def _is_served(self, api_id: str) -> bool:
        try:
            self.account.client("apigateway").get_stage(restApiId=api_id, stageName=self.stage.name)
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "NotFoundException":
                raise
            return False
        return True


def _resource(resource_type: str, name: str, **values: str) -> Resource:
    return {"name": name, "resource_type": resource_type, **values}
