"""Uses the command line `evergreen` with the deployed stack, as a person does, and checks its exit codes."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from . import deploy, isolated, training
from .api import FLOWERS
from .console import Failure, say, step
from .environment import Clients
from .settings import ROOT

PROGRAM = "evergreen"
WHY = ("--reason", "better on rare cases", "--yes")
# The exit codes that `evergreen --help` lists.
DONE, REFUSED, WRONG, UNREACHABLE, ENDED_BADLY = 0, 1, 2, 3, 4


def check() -> None:
    """Deploys a separate stack and runs every command; raises Failure if one ends with another exit code."""
    step("Building the command line")
    subprocess.run([*deploy.BUILD, "--quiet"], cwd=ROOT, check=True)
    with isolated.stack("test", "commands") as (_, values):
        step("The command line")
        function = values["EVERGREEN_TRAIN_FUNCTION"]
        for seed in (42, 43):
            event = {"id": f"commands-{seed}", "seed": seed, "hyperparameters": {"n_estimators": 60}}
            training.invoke(Clients(values), function, event)
        shell = _Shell(values)
        _reading(shell)
        _steering(shell)
        _scoring(shell, values)
        _maintenance(shell)
        _transfer(shell, values)
        _refusals(shell)


def _reading(shell: "_Shell") -> None:
    for words in (
        ["status"],
        ["runs", "--limit", "1"],
        ["versions", "--status", "promoted"],
        ["show", "champion"],
        ["show", "1"],
        ["show", "manual-commands-42"],
        ["compare", "1", "2"],
        ["champions"],
        ["alias", "list"],
        ["schedule"],
        ["alarms"],
        ["audit"],
        ["completion", "bash"],
    ):
        shell.run(DONE, *words)
    shell.run(DONE, "predict", *_flower())
    _feedback(shell)


def _feedback(shell: "_Shell") -> None:
    """Sends what turned out true about a prediction, twice. It counts once."""
    predicted = shell.json(DONE, "predict", *_flower())
    with tempfile.TemporaryDirectory() as folder:
        truth = Path(folder) / "truth.csv"
        truth.write_text(f"id,actual\n{predicted['ids'][0]},setosa\n")
        for counted, repeated in ((1, 0), (0, 1)):
            answer = shell.json(DONE, "feedback", str(truth))
            _expect((answer["counted"], answer["repeated"]) == (counted, repeated), f"the feedback counted as {answer}")
        truth.write_text("id,actual\nno-id,setosa\n")
        shell.run(REFUSED, "feedback", str(truth))


def _flower() -> list[str]:
    return [word for name, value in FLOWERS["setosa"].items() for word in ("--set", f"{name}={value}")]


def _steering(shell: "_Shell") -> None:
    ordered = ("--family", "random_forest", "--set", "n_estimators=60", "--seed", "44", "--wait", "--timeout", "2m")
    # The gate may refuse the version. Then the program says so with the exit code.
    run = shell.json((DONE, ENDED_BADLY), "train", *ordered)
    _expect(run["status"] in ("SUCCEEDED", "REJECTED"), f"the run ended as {run['status']}")
    shell.run(REFUSED, "train", "--set", "no_such_parameter=1", "--wait", "--timeout", "2m")
    # A tree with two leaves never answers one of the three labels, so the gate refuses it.
    shell.run(ENDED_BADLY, "train", "--family", "decision_tree", "--set", "max_depth=1", "--wait", "--timeout", "2m")
    champion = shell.json(DONE, "show", "champion")["champion"]["number"]
    other = 1 if champion != 1 else 2
    shell.run(DONE, "promote", str(other), *WHY)
    _expect(shell.json(DONE, "show", "champion")["champion"]["number"] == other, f"version {other} is not the champion")
    shell.run(DONE, "rollback", *WHY)
    _expect(shell.json(DONE, "show", "champion")["champion"]["number"] == champion, "the rollback did not return")
    for words in (
        ["alias", "set", "staging", "1"],
        ["tag", "set", "1", "team", "risk"],
        ["note", "1", "good on rare cases"],
        ["schedule", "pause", *WHY],
        ["schedule", "resume"],
        ["mute", "throttles", "--for", "2h", "--reason", "maintenance"],
        ["unmute", "throttles"],
        ["verify", "1", "--wait", "--timeout", "2m"],
        ["console", "--hours", "1", "--name", "Ada"],
        ["console", "--end-all"],
    ):
        shell.run(DONE, *words)
    actions = {entry["action"] for entry in shell.json(DONE, "audit", "--limit", "100")["entries"]}
    missing = {"promoted", "rolled_back", "alias_set", "tag_set", "note_written", "training_requested"} - actions
    _expect(not missing, f"the audit trail has no {missing}")


def _maintenance(shell: "_Shell") -> None:
    shell.run(DONE, "rebuild", "--reason", "an exercise", "--wait", "--timeout", "2m")
    shell.run(DONE, "retention", "--keep", "5", "--dry-run", "--reason", "an exercise")


def _scoring(shell: "_Shell", values: dict[str, str]) -> None:
    """Scores a file, goes on with the job that is done, and asks for files that do not exist."""
    bucket, names = values["EVERGREEN_BUCKET"], list(FLOWERS["setosa"])
    rows = [",".join(str(flower[name]) for name in names) for flower in FLOWERS.values()]
    content = "\n".join([",".join(names), *rows, "bad,row,is,answered"])
    prefix = f"inputs/{values['EVERGREEN_MODEL']}"
    Clients(values).client("s3").put_object(Bucket=bucket, Key=f"{prefix}/flowers.csv", Body=content.encode())
    source = f"s3://{bucket}/{prefix}"
    scored = shell.json(DONE, "score", "--in", f"{source}/flowers.csv", "--explain", "--follow", "--timeout", "2m")
    expected = {"parts": 1, "rows": len(rows) + 1, "errors": 1}
    _expect(scored["done"].items() >= expected.items(), f"the job says {scored['done']}")
    _expect(scored["complete"] is True, "the job is not complete")
    _expect(shell.json(DONE, "score", "--status", scored["job"])["complete"] is True, "the job is no longer complete")
    shell.run(DONE, "score", "--resume", scored["job"], "--follow", "--timeout", "2m")
    shell.run(ENDED_BADLY, "score", "--in", f"{source}/nothing/", "--follow", "--timeout", "2m")
    shell.run(WRONG, "score", "--resume", "no-such-job")
    shell.run(WRONG, "score")


def _transfer(shell: "_Shell", values: dict[str, str]) -> None:
    """Moves the model with its history to a second stack, and compares the registries item by item."""
    with tempfile.TemporaryDirectory() as folder, isolated.stack("test", "imported") as (_, others):
        step("Export and import")
        export = shell.json(DONE, "export", "--to", folder)
        other = _Shell(others)
        other.run(WRONG, "import", folder, "--reason", "without a confirmation")
        imported = other.json(DONE, "import", folder, *WHY, "--timeout", "2m")
        _expect(imported["export"]["seal"] == export["seal"], "the import shows another seal")
        _compare(_items(values), _items(others))
        _expect(other.json(DONE, "import", folder, *WHY)["stored"] == 0, "the second import stored a file")
        other.run(DONE, "predict", *_flower())
        other.run(DONE, "verify", "1", "--wait", "--timeout", "2m")
        # From now on the second stack has a history of its own.
        other.run(DONE, "alias", "set", "live", "1")
        other.run(REFUSED, "import", folder, *WHY)


def _items(values: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Returns the records of the model and its audit trail by key, without what a rebuild does not restore."""
    table, model = values["EVERGREEN_TABLE"], values["EVERGREEN_MODEL"]
    pages = Clients(values).client("dynamodb").get_paginator("scan").paginate(TableName=table)
    items = {}
    for item in (item for page in pages for item in page["Items"]):
        key = (item["pk"]["S"], item["sk"]["S"])
        is_record = key[0] == f"MODEL#{model}" and ("#" in key[1] or key[1] in ("CHAMPION", "ARTIFACT"))
        if is_record or (key[0] == f"AUDIT#{model}" and not key[1].startswith("KEY#")):
            items[key] = {name: value for name, value in item.items() if name not in ("expires_at", "kept")}
    return items


def _compare(origin: dict[tuple[str, str], dict[str, Any]], imported: dict[tuple[str, str], dict[str, Any]]) -> None:
    differing = [" ".join(key) for key, item in origin.items() if imported.get(key) != item]
    _expect(not differing, f"these records differ after the import: {differing}")
    # The import and its rebuild left an entry each.
    new = sorted(item["action"]["S"] for key, item in imported.items() if key not in origin)
    _expect(new == ["history_imported", "registry_rebuilt"], f"the import made {new}")
    say(f"{len(origin)} records are the same in both stacks")


def _refusals(shell: "_Shell") -> None:
    shell.run(REFUSED, "show", "999")
    shell.run(REFUSED, "delete", "1", *WHY)  # the alias protects it
    shell.run(DONE, "alias", "remove", "staging")
    shell.run(DONE, "tag", "remove", "1", "team")
    shell.run(WRONG, "promote", "1", "--reason", "without a confirmation")
    shell.run(WRONG, "compare", "1")
    shell.run(UNREACHABLE, "--url", "http://127.0.0.1:9", "status")


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Failure(otherwise)


class _Shell:
    """Runs the program with the variables of a stack."""

    def __init__(self, values: dict[str, str]):
        self._variables = os.environ | values
        folder = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
        self._program = f"{folder}/debug/{PROGRAM}"

    def run(self, code: int | tuple[int, ...], *words: str) -> str:
        """Returns the output of a command; raises Failure if its exit code is not `code`."""
        done = subprocess.run(
            [self._program, *words],
            env=self._variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        codes = code if isinstance(code, tuple) else (code,)
        line = f"{PROGRAM} {' '.join(words)}"
        if done.returncode not in codes:
            raise Failure(f"{line} ended with {done.returncode}; expected {code}:\n{done.stdout}{done.stderr}")
        say(f"{done.returncode}  {line}")
        return done.stdout

    def json(self, code: int | tuple[int, ...], *words: str) -> Any:
        """Returns the JSON that a command prints with --json."""
        return json.loads(self.run(code, "--json", *words))
