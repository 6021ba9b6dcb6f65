"""Adds parts of a REST API or a table that an emulator's CloudFormation leaves out, with calls to the services.

MiniStack 1.5 imports the methods of an OpenAPI body, except `x-amazon-apigateway-any-method`. It leaves out the gateway
responses, what a mock answers, and the time-to-live of a table. LocalStack 4.12 loses an API's stage at an update. The
calls below change nothing if nothing is missing.
"""

import json
import re
from typing import Any

from .console import Failure
from .environment import Clients

ANY = "x-amazon-apigateway-any-method"


def complete_api(clients: Clients, stack: str, logical_id: str, api_id: str, stage: str) -> None:
    """Adds the ANY methods and gateway responses of one of the stack's APIs and deploys it again."""
    body = _imported_body(clients, stack, logical_id)
    gateway = clients.client("apigateway")
    _add_any_methods(clients, api_id, body, stack)
    parameters = _parameters(clients, stack)
    _add_answers_of_mocks(gateway, api_id, body, parameters)
    for kind, response in body.get("x-amazon-apigateway-gateway-responses", {}).items():
        optional = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            responseParameters=_resolved(response.get("responseParameters", {}), parameters),
            responseTemplates=response.get("responseTemplates", {}),
            **optional,
        )
    gateway.create_deployment(restApiId=api_id, stageName=stage)


def complete_table(clients: Clients, table: str) -> None:
    """Makes the table delete its records at the time that `expires_at` names."""
    dynamodb = clients.client("dynamodb")
    expiry = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] != "ENABLED":
        specification = {"Enabled": True, "AttributeName": "expires_at"}
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)


def restore_stage(clients: Clients, api_id: str, stage: str) -> None:
    """Deploys the API to the stage again, if an update has lost it."""
    gateway = clients.client("apigateway")
    if not any(there["stageName"] == stage for there in gateway.get_stages(restApiId=api_id)["item"]):
        gateway.create_deployment(restApiId=api_id, stageName=stage)


def _add_answers_of_mocks(gateway: Any, api_id: str, body: dict[str, Any], parameters: dict[str, str]) -> None:
    """Adds the headers with which API Gateway answers the preflights of web pages, if the stack allows pages."""
    if not parameters.get("CorsOrigin"):
        return
    for resource in gateway.get_resources(restApiId=api_id, limit=500)["items"]:
        operation = body["paths"].get(resource["path"], {}).get("options")
        if not operation:
            continue
        operation = operation["Fn::If"][1]
        method = {"restApiId": api_id, "resourceId": resource["id"], "httpMethod": "OPTIONS"}
        if "OPTIONS" not in resource.get("resourceMethods", {}):
            gateway.put_method(**method, authorizationType="NONE")
        integration = operation["x-amazon-apigateway-integration"]
        gateway.put_integration(**method, type="MOCK", requestTemplates=integration["requestTemplates"])
        answer = integration["responses"]["default"]
        headers = _resolved(answer["responseParameters"], parameters)
        gateway.put_method_response(
            **method, statusCode=answer["statusCode"], responseParameters=dict.fromkeys(headers, False)
        )
        gateway.put_integration_response(**method, statusCode=answer["statusCode"], responseParameters=headers)


def _parameters(clients: Clients, stack: str) -> dict[str, str]:
    described = clients.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {it["ParameterKey"]: it["ParameterValue"] for it in described.get("Parameters", [])}


def _resolved(headers: dict[str, Any], parameters: dict[str, str]) -> dict[str, str]:
    """Returns headers, some of which have the origin of web pages. Without an origin, those are left out."""
    origin = parameters.get("CorsOrigin", "")
    values = {}
    for name, value in headers.items():
        if isinstance(value, str):
            values[name] = value
        elif origin:
            values[name] = f"'{origin}'"
    return values


def _imported_body(clients: Clients, stack: str, logical_id: str) -> dict[str, Any]:
    template = clients.client("cloudformation").get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    if isinstance(template, str):
        template = json.loads(template)
    return template["Resources"][logical_id]["Properties"]["Body"]


def _add_any_methods(clients: Clients, api_id: str, body: dict[str, Any], stack: str) -> None:
    gateway = clients.client("apigateway")
    resources = gateway.get_resources(restApiId=api_id, limit=500)["items"]
    ids = {resource["path"]: resource["id"] for resource in resources}
    present = {resource["path"] for resource in resources if "ANY" in resource.get("resourceMethods", {})}
    for path, item in body["paths"].items():
        if ANY not in item or path in present:
            continue
        method = {"restApiId": api_id, "resourceId": ids[path], "httpMethod": "ANY"}
        gateway.put_method(**method, **_authorization(gateway, api_id, ids, body, item[ANY]["security"]))
        uri = _integration(clients, stack, item[ANY])
        gateway.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)


def _integration(clients: Clients, stack: str, operation: dict[str, Any]) -> str:
    """Returns the address of the function that answers an operation of the template."""
    written = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
    found = re.search(r"\$\{(\w+)\.Arn\}(:\w+)?/invocations", written)
    if not found:
        raise Failure(f"no function of the template answers {written}")
    described = clients.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=found.group(1)
    )
    name = described["StackResourceDetail"]["PhysicalResourceId"]
    functions = clients.client("lambda")
    arn = functions.get_function_configuration(FunctionName=name)["FunctionArn"]
    region = functions.meta.region_name
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}{found.group(2) or ''}/invocations"


def _authorization(
    gateway: Any, api_id: str, ids: dict[str, str], body: dict[str, Any], security: Any
) -> dict[str, Any]:
    """Returns the authorization that asks for `security`. A token's is that of another imported method."""
    if security in ([], [{"iam": []}]):
        return {"authorizationType": "AWS_IAM" if security else "NONE"}
    for path, item in body["paths"].items():
        for name, operation in item.items():
            if name == ANY or operation["security"] != security:
                continue
            method = gateway.get_method(restApiId=api_id, resourceId=ids[path], httpMethod=name.upper())
            kept = ("authorizationType", "authorizerId", "authorizationScopes", "apiKeyRequired")
            return {key: method[key] for key in kept if method.get(key) is not None}
    raise Failure(f"no method of {body['info']} has the security {security} of its catch-all")
