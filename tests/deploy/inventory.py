"""All that a stage is made of, as the account tells it, without what no two deployments share."""

import json
import re
from typing import Any

from infra.deploy.stage import Stage
from tests.deploy.account import OfflineAccount

Inventory = dict[str, Any]

_FUNCTION = ("Handler", "Runtime", "MemorySize", "Timeout", "Environment", "TracingConfig", "Role")
_MAPPING = ("EventSourceArn", "FunctionArn", "BatchSize", "FunctionResponseTypes", "State")


def inventory(account: OfflineAccount, stage: str) -> Inventory:
    """The stage is called STAGE in it, its API API, its pool and the pool's client as its outputs are."""
    named = Stage(stage)
    apis = {api_id: _api(account, api_id) for api_id in _apis(account, named)}
    functions = _functions(account, named)
    there = {
        "apis": list(apis.values()),
        "functions": functions,
        "mappings": _mappings(account),
        "layer_versions": len(
            account.client("lambda").list_layer_versions(LayerName=named.layer)["LayerVersions"]
        ),
        "log_groups": _log_groups(account),
        "policies": _policies(account),
        "rules": _rules(account),
        "stack": _stack(account, named),
    }
    text = json.dumps(there, sort_keys=True, default=str)
    for api_id in apis:
        text = text.replace(api_id, "API")
    for output, value in _ids(account, named).items():
        text = text.replace(value, output)
    only_ours: Inventory = _only(json.loads(text), named)
    text = re.sub(rf"\b{stage}\b", "STAGE", json.dumps(only_ours, sort_keys=True))
    result: Inventory = json.loads(text)
    return result


def _only(there: Inventory, stage: Stage) -> Inventory:
    """Without what other stages have."""
    mine = re.compile(rf"{stage.stack}(-|\b)")
    for kind in ("functions", "log_groups", "policies", "rules"):
        there[kind] = {name: each for name, each in there[kind].items() if mine.search(name)}
    there["mappings"] = [each for each in there["mappings"] if mine.search(each["FunctionArn"])]
    return there


def _functions(account: OfflineAccount, stage: Stage) -> dict[str, Any]:
    client = account.client("lambda")
    functions = {}
    for listed in client.list_functions()["Functions"]:
        name = listed["FunctionName"]
        if name.startswith(stage.stack):
            policy = _policy(client, name)
            allowed = sorted(
                (each["Principal"]["Service"], each["Condition"]["ArnLike"]["AWS:SourceArn"])
                for each in policy.get("Statement", [])
            )
            layers = [layer["Arn"] for layer in listed.get("Layers", [])]
            kept = {key: listed.get(key) for key in _FUNCTION}
            functions[name] = {**kept, "Layers": layers, "allowed": allowed}
    return functions


def _policy(client: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - moto's client
    """Who may call the function; empty if nobody may."""
    try:
        policy: dict[str, Any] = json.loads(client.get_policy(FunctionName=name)["Policy"])
    except client.exceptions.ResourceNotFoundException:
        return {}
    return policy


def _mappings(account: OfflineAccount) -> list[dict[str, Any]]:
    listed = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return [{key: each.get(key) for key in _MAPPING} for each in listed]


def _log_groups(account: OfflineAccount) -> dict[str, Any]:
    listed = account.client("logs").describe_log_groups()["logGroups"]
    return {each["logGroupName"]: each.get("retentionInDays") for each in listed}


def _policies(account: OfflineAccount) -> dict[str, Any]:
    iam = account.client("iam")
    return {
        role["RoleName"]: {
            name: iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        }
        for role in iam.list_roles()["Roles"]
    }


def _rules(account: OfflineAccount) -> dict[str, Any]:
    events = account.client("events")
    return {
        rule["Name"]: {
            "schedule": rule.get("ScheduleExpression"),
            "targets": [each["Arn"] for each in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]],
        }
        for rule in events.list_rules()["Rules"]
    }


def _apis(account: OfflineAccount, stage: Stage) -> list[str]:
    """Those that lead to the stage's function, however many they are."""
    gateway = account.client("apigateway")
    function = f":function:{stage.function('api_handler')}/"
    return [
        api["id"]
        for api in gateway.get_rest_apis()["items"]
        if function
        in json.dumps(gateway.get_resources(restApiId=api["id"], embed=["methods"], limit=500)["items"])
    ]


def _api(account: OfflineAccount, api_id: str) -> dict[str, Any]:
    gateway = account.client("apigateway")
    resources = gateway.get_resources(restApiId=api_id, embed=["methods"], limit=500)["items"]
    answers = gateway.get_gateway_responses(restApiId=api_id)["items"]
    return {
        "endpoint": gateway.get_rest_api(restApiId=api_id)["endpointConfiguration"]["types"],
        "routes": sorted(
            (
                method,
                resource["path"],
                each["methodIntegration"]["type"].upper(),
                each["methodIntegration"].get("uri"),
            )
            for resource in resources
            for method, each in resource.get("resourceMethods", {}).items()
        ),
        "answers": {
            each["responseType"]: {
                key: each.get(key) for key in ("statusCode", "responseParameters", "responseTemplates")
            }
            for each in answers
        },
        "stages": {
            each["stageName"]: each.get("tracingEnabled")
            for each in gateway.get_stages(restApiId=api_id)["item"]
        },
    }


def _ids(account: OfflineAccount, stage: Stage) -> dict[str, str]:
    """The stack's outputs that are ids, and so never the same again."""
    stacks = account.client("cloudformation").describe_stacks()["Stacks"]
    outputs = [each for stack in stacks if stack["StackName"] == stage.stack for each in stack["Outputs"]]
    return {
        each["OutputKey"]: each["OutputValue"] for each in outputs if each["OutputKey"].startswith("UserPool")
    }


def _stack(account: OfflineAccount, stage: Stage) -> dict[str, Any] | None:
    formation = account.client("cloudformation")
    stacks = [each for each in formation.describe_stacks()["Stacks"] if each["StackName"] == stage.stack]
    if not stacks:
        return None
    resources = formation.list_stack_resources(StackName=stage.stack)["StackResourceSummaries"]
    return {
        "parameters": {each["ParameterKey"]: each["ParameterValue"] for each in stacks[0]["Parameters"]},
        "resources": sorted(each["LogicalResourceId"] for each in resources),
    }
