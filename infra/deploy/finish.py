"""What Chalice cannot express, set after it: partial batches, the gateway's own answers, its traces.

Chalice overwrites the API at each run, the gateway's answers with it. Until they are back, a moment later, a
browser may see no reason for a refusal of the gateway's.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from infra.deploy import configuration
from infra.deploy.account import Account
from infra.deploy.found import Found
from infra.deploy.project import additions
from infra.deploy.stage import Stage
from infra.deploy.target import Target

PARTIAL: list[Literal["ReportBatchItemFailures"]] = ["ReportBatchItemFailures"]
BUSY = {"Creating", "Enabling", "Disabling", "Updating"}
PAUSE_S = 2.0

Answers = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Finish:
    """Compares, and sets what differs."""

    account: Account
    stage: Stage
    tree: Path
    target: Target

    title = "what Chalice cannot express: partial batches, the gateway's own answers, its traces"

    def plan(self) -> str:
        """What `run` would do."""
        found = Found(self.account, self.stage)
        api_id = found.api()
        if api_id is None:
            return "set all of it"
        changes = [f"partial batches of {name}" for name, _ in self._whole_batches(found)]
        changes += [f"answer {name}" for name in self._other_answers(api_id)]
        return f"set {', '.join(changes)}" if changes else "unchanged, unless Chalice overwrites it"

    def run(self) -> str:
        """Set what differs, and deploy the API again if that was anything of it."""
        found = Found(self.account, self.stage)
        changes = 0
        for _, uuid in self._whole_batches(found):
            self._settle(uuid)
            self.account.client("lambda").update_event_source_mapping(
                UUID=uuid, FunctionResponseTypes=PARTIAL
            )
            changes += 1
        api_id = found.api()
        assert api_id is not None
        answers = self._other_answers(api_id)
        for name, answer in answers.items():
            self.account.client("apigateway").put_gateway_response(
                restApiId=api_id,
                responseType=name,  # type: ignore[arg-type]
                **answer,
            )
        if answers:
            self.account.client("apigateway").create_deployment(restApiId=api_id, stageName=self.stage.name)
        changes += len(answers) + self._trace(api_id)
        return f"set {changes} things" if changes else "unchanged"

    def _whole_batches(self, found: Found) -> Iterator[tuple[str, str]]:
        """The functions and mappings whose batches come back whole."""
        for name, function in found.functions().items():
            for source in found.event_sources(function["FunctionArn"]):
                if source.get("FunctionResponseTypes") != PARTIAL:
                    yield name, source["UUID"]

    def _settle(self, uuid: str) -> None:
        """Wait until a mapping rests: while it is being made or changed, AWS takes no change of it."""
        client = self.account.client("lambda")
        while client.get_event_source_mapping(UUID=uuid)["State"] in BUSY:
            time.sleep(PAUSE_S)

    def _other_answers(self, api_id: str) -> Answers:
        """The answers that are not as they should be."""
        listed = self.account.client("apigateway").get_gateway_responses(restApiId=api_id, limit=500)["items"]
        there: dict[str, Any] = {each["responseType"]: each for each in listed}
        return {
            name: answer
            for name, answer in self._answers().items()
            if any(there.get(name, {}).get(key) != value for key, value in answer.items())
        }

    def _answers(self) -> Answers:
        variables = configuration.variables(configuration.read(self.tree), self.stage.name)
        api = additions(self.stage, self.target, variables)["Resources"]["RestAPI"]
        responses = api["Properties"]["GatewayResponses"]
        return {name: _as_the_gateway_names_it(response) for name, response in responses.items()}

    def _trace(self, api_id: str) -> int:
        """Trace as the configuration says; how many things that changed."""
        client = self.account.client("apigateway")
        wanted = bool(configuration.read(self.tree).get("xray"))
        stage = client.get_stage(restApiId=api_id, stageName=self.stage.name)
        if bool(stage.get("tracingEnabled")) is wanted:
            return 0
        client.update_stage(
            restApiId=api_id,
            stageName=self.stage.name,
            patchOperations=[{"op": "replace", "path": "/tracingEnabled", "value": str(wanted).lower()}],
        )
        return 1


def _as_the_gateway_names_it(response: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in a template, as API Gateway itself calls it."""
    headers = response.get("ResponseParameters", {}).get("Headers", {})
    answer: dict[str, Any] = {
        "responseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
    }
    if "StatusCode" in response:
        answer["statusCode"] = response["StatusCode"]
    if "ResponseTemplates" in response:
        answer["responseTemplates"] = response["ResponseTemplates"]
    return answer
