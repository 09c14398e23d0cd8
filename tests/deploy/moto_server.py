"""The offline AWS for `chalice deploy`: moto's server, with what it lacks.

Each patch says what AWS does.
"""

import json
from typing import Any

from moto.apigateway.models import APIGatewayBackend, RestAPI
from moto.apigateway.responses import APIGatewayResponse
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.parsing import ResourceMap

from infra.local import moto_server
from tests.deploy.interruptions import Interruptions


def main() -> None:
    """Serve until the process is ended."""
    read_swagger()
    import_as_wanted()
    retain_what_is_retained()
    keep_defaults()
    moto_server.main(Interruptions)


def read_swagger() -> None:
    """An API is imported from Swagger 2.0 as well as from OpenAPI 3, with or without a description, and its
    MOCK integrations need neither uri nor method. To overwrite one takes its gateway responses away.
    """
    import_api, put_api = APIGatewayBackend.import_rest_api, APIGatewayBackend.put_rest_api

    def import_rest_api(self: APIGatewayBackend, api_doc: dict[str, Any], fail_on_warnings: bool) -> RestAPI:  # noqa: FBT001
        return import_api(self, _openapi_3(api_doc), fail_on_warnings)

    def put_rest_api(
        self: APIGatewayBackend,
        function_id: str,
        api_doc: dict[str, Any],
        fail_on_warnings: bool,  # noqa: FBT001
        mode: str = "merge",
    ) -> RestAPI:
        if mode == "overwrite":
            self.get_rest_api(function_id).gateway_responses = {}
        return put_api(self, function_id, _openapi_3(api_doc), fail_on_warnings, mode)

    APIGatewayBackend.import_rest_api = import_rest_api  # type: ignore[method-assign]
    APIGatewayBackend.put_rest_api = put_rest_api  # type: ignore[method-assign]


def import_as_wanted() -> None:
    """An API is imported with the kind of endpoint that is asked for."""
    create = APIGatewayResponse.create_rest_api

    def create_rest_api(self: APIGatewayResponse) -> Any:  # noqa: ANN401 - as moto has it
        answer = create(self)
        wanted = self.querystring.get("endpointConfigurationTypes")
        if wanted:
            api = self.backend.get_rest_api(json.loads(answer[2])["id"])
            api.endpoint_configuration = {"types": wanted}
        return answer

    APIGatewayResponse.create_rest_api = create_rest_api  # type: ignore[method-assign]


def retain_what_is_retained() -> None:
    """RetainExceptOnCreate is Retain, once a resource was created."""
    load = ResourceMap.__init__

    def init(self: ResourceMap, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        load(self, *args, **kwargs)
        for resource in self._resource_json_map.values():
            if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
                resource["DeletionPolicy"] = "Retain"

    ResourceMap.__init__ = init  # type: ignore[method-assign]


def keep_defaults() -> None:
    """The previous value of a parameter that nobody chose is the template's."""
    resolve = CloudFormationBackend._resolve_update_parameters  # noqa: SLF001 - moto has no other place

    def resolved(self: CloudFormationBackend, instance: Any, incoming_params: Any) -> dict[str, str]:  # noqa: ANN401
        chosen = [each for each in incoming_params if each["ParameterKey"] in instance.parameters]
        new = [each for each in incoming_params if "ParameterValue" in each]
        return resolve(self, instance, [*chosen, *new])

    CloudFormationBackend._resolve_update_parameters = resolved  # type: ignore[method-assign]  # noqa: SLF001


def _openapi_3(api_doc: dict[str, Any]) -> dict[str, Any]:
    document = {name: value for name, value in api_doc.items() if name != "swagger"}
    document["openapi"] = "3.0.1"
    document["info"] = {"description": "", **document["info"]}
    for methods in document["paths"].values():
        for method in methods.values():
            integration = method.get("x-amazon-apigateway-integration", {})
            if integration.get("type") == "mock":
                integration |= {"uri": "", "httpMethod": "POST"}
    return document


if __name__ == "__main__":
    main()
