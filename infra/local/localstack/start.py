"""Starts LocalStack in this process, without Docker: the program that `make localstack-test` runs.

It runs on the environment .venv/localstack. What follows makes up for what release 4.12 leaves out.
"""

import _thread
import datetime
import functools
import sys
import threading
from typing import Any


class _Lock:
    """Makes a lock. `threading.Lock` is a class from Python 3.13 on, and LocalStack writes `Lock | None`."""

    def __new__(cls) -> Any:
        return _thread.allocate_lock()


def main() -> None:
    """Starts LocalStack as its environment variables say, and returns when it has ended."""
    if sys.version_info < (3, 13):
        threading.Lock = _Lock
    _listen_on_loopback()
    _take_dynamodb_as_given()
    _accept_functions()
    _read_times_with_fractions()
    from localstack.runtime.main import main as run

    run()


def _listen_on_loopback() -> None:
    """LocalStack leaves out the host of GATEWAY_LISTEN and would listen on all interfaces."""
    from twisted.internet import endpoints

    endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")


def _take_dynamodb_as_given() -> None:
    """Uses the DynamoDB Local that listens on DYNAMODB_LOCAL_PORT. LocalStack would download one."""
    from localstack.services.dynamodb.server import DynamodbServer

    DynamodbServer.start_dynamodb = lambda _self: True
    DynamodbServer.stop_dynamodb = lambda _self: None


def _accept_functions() -> None:
    """Stores functions that nothing here can run. Without Docker their creation fails, and the whole stack with it."""
    from localstack.services.lambda_.invocation.docker_runtime_executor import DockerRuntimeExecutor

    DockerRuntimeExecutor.prepare_version = classmethod(lambda _cls, _version: None)


def _read_times_with_fractions() -> None:
    """Reads the times of the SDK for Rust, which are never whole numbers: LocalStack takes no figure of it otherwise."""
    from localstack.aws.protocol.parser import RequestParser

    def read(text: str) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(float(text), tz=datetime.timezone.utc)

    RequestParser._timestamp_unixtimestamp = staticmethod(read)


if __name__ == "__main__":
    main()
