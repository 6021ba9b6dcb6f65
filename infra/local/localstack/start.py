"""Starts LocalStack in this process, without Docker. `make localstack-test` runs this program.

It runs in the environment .venv/localstack. The functions below add what release 4.12 lacks.
"""

import _thread
import datetime
import functools
import sys
import threading
from typing import Any


class _Lock:
    """Makes a lock.

    `threading.Lock` is a class only from Python 3.13, and LocalStack writes `Lock

    None`.
    """

    def __new__(cls) -> Any:
        return _thread.allocate_lock()


def main() -> None:
    """Starts LocalStack with its environment variables as settings, and returns when it has ended."""
    if sys.version_info < (3, 13):
        threading.Lock = _Lock
    _listen_on_loopback()
    _take_dynamodb_as_given()
    _accept_functions()
    _read_times_with_fractions()
    from localstack.runtime.main import main as run

    run()


def _listen_on_loopback() -> None:
    """Makes LocalStack listen on the loopback interface: it ignores the host of GATEWAY_LISTEN and would use all."""
    from twisted.internet import endpoints

    endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")


def _take_dynamodb_as_given() -> None:
    """Uses the DynamoDB Local that listens on DYNAMODB_LOCAL_PORT, instead of downloading one."""
    from localstack.services.dynamodb.server import DynamodbServer

    DynamodbServer.start_dynamodb = lambda _self: True
    DynamodbServer.stop_dynamodb = lambda _self: None


def _accept_functions() -> None:
    """Stores functions without running them. Without Docker, their creation would fail, and with it the whole stack."""
    from localstack.services.lambda_.invocation.docker_runtime_executor import DockerRuntimeExecutor

    DockerRuntimeExecutor.prepare_version = classmethod(lambda _cls, _version: None)


def _read_times_with_fractions() -> None:
    """Reads times with fractions, which the SDK for Rust always sends.

    Otherwise LocalStack would refuse its metrics.
    """
    from localstack.aws.protocol.parser import RequestParser

    def read(text: str) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(float(text), tz=datetime.timezone.utc)

    RequestParser._timestamp_unixtimestamp = staticmethod(read)


if __name__ == "__main__":
    main()
