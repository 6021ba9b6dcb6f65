"""Checks authorization without API keys: with an IAM signature and with a user pool's token, on a separate stack.

No model is trained there, so an authorized prediction request gets 503.
"""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from dataclasses import replace

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from . import deploy, environment, isolated
from .api import FLOWERS
from .console import Failure, say, step
from .environment import Clients
from .settings import Settings

PREDICT, READ, HEALTH = ("POST", "/predict"), ("GET", "/runs"), ("GET", "/health")
LET_IN = {PREDICT: 503, READ: 200, HEALTH: 503}


def check() -> None:
    """Deploys with each authorization and calls each route; raises Failure if a route answers with another status."""
    with isolated.stack("test", "authorization", given={"Authorization": "iam"}) as (settings, values):
        step("Authorization=iam")
        _signatures(values)
        step("Authorization=jwt, in place of iam")
        _tokens(settings, values)


def _signatures(values: dict[str, str]) -> None:
    """Calls the routes with and without a signature. The emulator checks that there is one, but not its rights."""
    for door in (PREDICT, READ):
        _expect(values, door, {}, 403, "without a signature")
        _expect(values, door, _signed(values, door), LET_IN[door], "with a signature")
    _expect(values, HEALTH, {}, LET_IN[HEALTH], "without a signature")


def _tokens(settings: Settings, values: dict[str, str]) -> None:
    pool = Clients(values).client("cognito-idp").create_user_pool(PoolName="evergreen")["UserPool"]
    given = {**settings.given, "Authorization": "jwt", "UserPoolArn": pool["Arn"]}
    values = deploy.deploy(replace(settings, given=given))
    tokens = {scope: _token(values, pool["Id"], settings.stack, scope) for scope in ("predict", "read")}
    for door, scope, other in ((PREDICT, "predict", "read"), (READ, "read", "predict")):
        _expect(values, door, {}, 401, "without a token")
        _expect(values, door, _signed(values, door), 401, "with a signature")
        _expect(values, door, _bearer("e30.e30.e30"), 401, "with an unsigned token")
        _expect(values, door, _bearer(tokens[other]), 401, f"with a token for the scope {other}")
        _expect(values, door, _bearer(tokens[scope]), LET_IN[door], f"with a token for the scope {scope}")
    _expect(values, HEALTH, {}, LET_IN[HEALTH], "without a token")


def _token(values: dict[str, str], pool: str, server: str, scope: str) -> str:
    """Returns an access token for one scope.

    As for a real service, it comes from a client of the pool with a secret and only this scope.
    """
    cognito = Clients(values).client("cognito-idp")
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("predict", "read")]
    # The resource server already exists if the token is for the second scope.
    with suppress(cognito.exceptions.InvalidParameterException):
        cognito.create_resource_server(UserPoolId=pool, Identifier=server, Name=server, Scopes=scopes)
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName=scope,
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=[f"{server}/{scope}"],
    )["UserPoolClient"]
    secret = base64.b64encode(f"{client['ClientId']}:{client['ClientSecret']}".encode()).decode()
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": f"{server}/{scope}"})
    headers = {"authorization": f"Basic {secret}", "content-type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(f"{values['AWS_ENDPOINT_URL']}/oauth2/token", form.encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _signed(values: dict[str, str], door: tuple[str, str]) -> dict[str, str]:
    credentials = boto3.Session(values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"]).get_credentials()
    request = AWSRequest(method=door[0], url=_url(values, door), data=_body(door))
    SigV4Auth(credentials, "execute-api", values["AWS_REGION"]).add_auth(request)
    return dict(request.headers.items())


def _expect(values: dict[str, str], door: tuple[str, str], headers: dict[str, str], status: int, how: str) -> None:
    headers = {"content-type": "application/json", **headers}
    request = urllib.request.Request(_url(values, door), _body(door), headers, method=door[0])
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            found, said = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        found, said = error.code, error.read().decode()
    name = " ".join(door)
    if found != status:
        raise Failure(f"{name} {how} was answered with {found}; expected {status}: {said[:300]}")
    if status in (401, 403) and json.loads(said).get("status") != status:
        raise Failure(f"{name} {how} was answered without problem details: {said[:300]}")
    say(f"{name:<14} {how}: {found}")


def _url(values: dict[str, str], door: tuple[str, str]) -> str:
    base = values["EVERGREEN_API_URL"] if door == PREDICT else environment.status_of(values)[0]
    return base + door[1]


def _body(door: tuple[str, str]) -> bytes | None:
    return json.dumps(FLOWERS["setosa"]).encode() if door == PREDICT else None
