"""Compares one table on the deployed stack: trains once with each family, predicts over HTTP, and compares."""

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import served
from driver import isolated, owntable, rows, training, upload
from driver.console import Failure, say, step, until, waiting
from driver.environment import Clients
from driver.settings import ROOT

SCIENCE = ROOT / ".venv/science/bin/python"
HOLDOUT = ROOT / "target/debug/examples/holdout"
HERE = Path(__file__).parent
FAMILIES = ("random_forest", "gradient_boosting", "linear", "auto")
SEED = 7


@dataclass(frozen=True)
class Line:
    """One line of the proof.

    `served` says how the answers differ from the manifest; it is empty if they are equal.
    """

    table: str
    task: str
    rows: int
    columns: int
    holdout: int
    asked: str
    family: str
    gate: str
    evergreen: float
    scikit_learn: float
    standard_error: float
    served: str = ""

    @property
    def holds(self) -> bool:
        """Returns whether Evergreen is at most one standard error worse, and the answers match the manifest."""
        return not self.served and self.evergreen >= self.scikit_learn - self.standard_error - 1e-9

    def record(self) -> dict[str, Any]:
        """Returns the line as JSON."""
        return asdict(self) | {"holds": self.holds}


def compare(entry: dict[str, Any], folder: Path) -> list[Line]:
    """Deploys a stack for the table and makes a line for each family."""
    table = owntable.find(str(folder / entry["name"]), "", entry["name"])
    held_out = _holdout(table)
    with isolated.stack("local", "served", table) as (_, values):
        clients = Clients(values)
        step(f"{entry['title']}: {len(held_out)} rows are held out")
        upload.bring(clients, values["EVERGREEN_BUCKET"], table)
        return [_line(entry, table, family, held_out, clients, values) for family in FAMILIES]


def _holdout(table: owntable.OwnTable) -> list[int]:
    """Returns the numbers of the held-out rows, counted from 0, as the training code chooses them."""
    command = [HOLDOUT, *table.uploads, "--target", table.target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command))} failed: {done.stderr.strip()}")
    return [int(word) for word in done.stdout.split()]


def _line(
    entry: dict[str, Any], table: Any, family: str, held_out: list[int], clients: Clients, values: dict[str, str]
) -> Line:
    event = {"seed": SEED, "note": f"make served: {family}"} | ({} if family == "auto" else {"family": family})
    function = values["EVERGREEN_TRAIN_FUNCTION"]
    with waiting(f"training, {family}", every=30):
        run = training.invoke(clients, function, event)
    if run["status"] != "SUCCEEDED":
        # The gate refused the version. A promotion by hand makes it the champion, so that it answers.
        training.invoke(clients, function, {"promote": run["version"]})
    manifest = training.manifest(clients, values["EVERGREEN_BUCKET"], table.model, run["version"])
    whole = rows.first(table.files[0], 10**9)
    score, wrong = _served(values, [whole[row] for row in held_out], manifest)
    chosen = manifest["version"]["family"]
    theirs = _scikit_learn(entry, table, chosen, held_out)
    line = Line(
        table=entry["title"],
        task=entry["task"],
        rows=len(whole),
        columns=theirs["columns"],
        holdout=len(held_out),
        asked=family,
        family=chosen,
        gate="promoted" if run["status"] == "SUCCEEDED" else "refused",
        evergreen=score,
        scikit_learn=theirs["score"],
        standard_error=theirs["standard_error"],
        served=wrong,
    )
    say(f"{chosen}: {score:.4f}, scikit-learn {theirs['score']:.4f} ± {theirs['standard_error']:.4f}{_said(line)}")
    return line


def _said(line: Line) -> str:
    return "" if line.holds else f": fails {line.served}"


def _served(values: dict[str, str], held_out: list[dict[str, Any]], manifest: dict[str, Any]) -> tuple[float, str]:
    url, key = values["EVERGREEN_API_URL"], values["EVERGREEN_API_KEY"]
    number = manifest["version"]["number"]
    until(lambda: training.loaded_version(url, key) == number, 60, f"prediction with version {number}")
    try:
        return served.score(url, key, held_out, manifest), ""
    except (served.Unequal, Failure) as wrong:
        evaluation = manifest["version"]["evaluation"]
        return evaluation.get("accuracy", evaluation.get("r2")), str(wrong)


def _scikit_learn(entry: dict[str, Any], table: Any, family: str, held_out: list[int]) -> dict[str, Any]:
    work = {
        "table": str(table.files[0]),
        "target": table.target,
        "task": entry["task"],
        "family": family,
        "holdout": held_out,
    }
    done = subprocess.run(
        [SCIENCE, HERE / "science.py"], input=json.dumps(work), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failure(
            f"scikit-learn failed on {entry['title']}: {(done.stderr.strip().splitlines() or ['(no message)'])[-1]}"
        )
    return json.loads(done.stdout)
