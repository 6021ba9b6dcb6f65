"""Commands of the local stack. `python infra/local COMMAND --help` describes one; the Makefile calls them."""

import argparse
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from driver import (
    authorization,
    browser,
    clients,
    cloud,
    commandline,
    deploy,
    dynamodb,
    emulator,
    environment,
    isolated,
    link,
    localstack,
    owntable,
    places,
    samlocal,
    schemathesis,
    subject,
    walk,
)
from driver.console import Failure, say, step
from driver.settings import ROOT, Settings


def main() -> int:
    """Runs one command; returns 0 if it succeeded."""
    arguments = _parser().parse_args()
    try:
        return arguments.run(arguments) or 0
    except Failure as failure:
        print(f"\n*** {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def build(_: argparse.Namespace) -> None:
    """Builds the functions."""
    deploy.build()


def up(arguments: argparse.Namespace) -> None:
    """Starts the emulator, and deploys or updates the stack."""
    _start(_settings(arguments))


def down(arguments: argparse.Namespace) -> None:
    """Stops the emulators of all local stacks."""
    state = arguments.state.resolve()
    ended = sum(emulator.stop(Settings(folder)) for folder in places.every(state))
    words = ("No local stack of this checkout runs.", "The local stack is stopped.")
    say(words[ended] if ended < 2 else f"{ended} local stacks are stopped.")


def run(arguments: argparse.Namespace) -> None:
    """Starts the stack and shows the whole lifecycle of a model."""
    table = owntable.find(arguments.dataset, arguments.target, arguments.model)
    settings = _settings(arguments, table)
    _start(settings)
    places.remember(arguments.state.resolve(), settings)
    with localstack.explained() if settings.emulator == "localstack" else nullcontext():
        walk.walk(settings, subject.Own(table) if table else subject.Iris())


def console(arguments: argparse.Namespace) -> None:
    """Prints a link that opens the console of a local stack."""
    values = environment.read(places.environment_file(arguments.state.resolve(), arguments.model))
    print(link.make(environment.Clients(values), values))


def authorize(_arguments: argparse.Namespace) -> None:
    """Checks authorization by signature and by token."""
    authorization.check()


def check_commands(_arguments: argparse.Namespace) -> None:
    """Checks the command line with a deployed stack."""
    commandline.check()


def test(arguments: argparse.Namespace) -> int:
    """Runs the tests of the deployed stack."""
    return isolated.end_to_end_tests(arguments.arguments)


def test_browser(arguments: argparse.Namespace) -> int:
    """Runs the tests of the pages."""
    return browser.tests(arguments.arguments)


def test_clients(arguments: argparse.Namespace) -> int:
    """Runs the real clients of other protocols."""
    return clients.tests(arguments.arguments)


def localstack_answers(arguments: argparse.Namespace) -> None:
    """Checks that LocalStack answers."""
    localstack.require(_settings(arguments))


def test_dynamodb(arguments: argparse.Namespace) -> int:
    """Runs the registry's tests against DynamoDB Local."""
    return dynamodb.registry_tests(arguments.arguments)


def test_localstack(arguments: argparse.Namespace) -> int:
    """Runs the tests on LocalStack."""
    return localstack.tests(arguments.arguments)


def test_api(arguments: argparse.Namespace) -> int:
    """Calls every route of the console's API with generated values."""
    return schemathesis.tests(arguments.arguments)


def sam_local(_arguments: argparse.Namespace) -> None:
    """Runs the sample events with `sam local`."""
    samlocal.everything()


def deploy_to_account(arguments: argparse.Namespace) -> None:
    """Builds for an AWS account and deploys to it."""
    cloud.deploy(arguments.config, arguments.parameters, arguments.words)


def _start(settings: Settings) -> None:
    step(f"Local stack {settings.stack} at {settings.endpoint}")
    if settings.emulator == "localstack":
        localstack.deploy_to_running(settings)
    else:
        emulator.start(settings)
        deploy.deploy(settings)
    say(f"written: {settings.environment_file}")


def _settings(arguments: argparse.Namespace, table: owntable.OwnTable | None = None) -> Settings:
    return places.settings_for(arguments.state.resolve(), arguments.port, arguments.config, arguments.emulator, table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="infra/local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "build", build, "build the functions")
    for name, function, text in (
        ("up", up, "start the emulator, and deploy or update the stack"),
        ("down", down, "stop the emulators"),
        ("run", run, "up, then show the whole lifecycle of a model"),
        ("console", console, "print a link that opens the console"),
    ):
        command = _add(commands, name, function, text)
        command.add_argument(
            "--state", type=Path, default=ROOT / "target/local", help="directory of all files of the stack"
        )
        if function in (up, run):
            command.add_argument(
                "--port", type=int, help="default: 4566, or for your own table the first free port after it"
            )
            command.add_argument("--config", default="local", help="section of samconfig.toml")
            command.add_argument("--emulator", choices=("ministack", "localstack"), default="ministack")
        if function in (run, console):
            command.add_argument("--model", default="", help="name of the model; default: the name of the table's file")
        if function is run:
            command.add_argument("--dataset", default="", help="file or directory of a table; default: Iris")
            command.add_argument("--target", default="", help="column to predict")
    answers = _add(commands, "localstack-answers", localstack_answers, "check that LocalStack answers")
    answers.add_argument("--port", type=int, help="default: 4566")
    answers.set_defaults(state=ROOT / "target/local", config="local", emulator="localstack")
    for name, tested, text in (
        ("test", test, "run the tests of the deployed stack, with their own emulator"),
        ("browser", test_browser, "test the console's pages in Chromium, with their own emulator"),
        ("clients", test_clients, "call the prediction API with real clients of other protocols"),
        ("dynamodb-test", test_dynamodb, "run the registry's tests against DynamoDB Local"),
        ("schemathesis", test_api, "call every route of the console's API with generated values"),
        (
            "localstack-test",
            test_localstack,
            "deploy to a LocalStack without Docker, and run the tests of what works there",
        ),
    ):
        tests = _add(commands, name, tested, text)
        tests.add_argument("arguments", nargs="*", help="arguments of the test program, after --")
    _add(commands, "authorization", authorize, "check the APIs with a signature and with a token instead of a key")
    _add(commands, "commands", check_commands, "use the command line with a separate stack, and check its exit codes")
    _add(commands, "sam-local", sam_local, "run events/ with `sam local`")
    account = _add(commands, "deploy", deploy_to_account, "build for an AWS account and deploy to it")
    account.add_argument("--config", default="default", help="section of samconfig.toml")
    account.add_argument(
        "--parameters",
        nargs="*",
        default=[],
        metavar="NAME=VALUE",
        help="parameters that override those of the section",
    )
    account.add_argument("words", nargs="*", help="arguments of `sam deploy`, after --")
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    function: Callable[[argparse.Namespace], int | None],
    text: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text)
    command.set_defaults(run=function)
    return command


if __name__ == "__main__":
    sys.exit(main())
