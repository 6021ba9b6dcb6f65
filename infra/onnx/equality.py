"""Checks that ONNX Runtime gives the same answers to every artifact as Evergreen.

`make onnx-test` runs this program in .venv/onnx. Two examples give Evergreen's answers. `answers` trains a model of
every family on each table of the proof, and on tables with derived columns, and predicts all rows. `samples` predicts
with the artifacts that the tests keep, and with random pipelines.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import derived
import numpy as np
import onnxruntime

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/onnx"
TABLES = ROOT / "infra/served/tables.py"
PIPELINES = 300
# Number of rows that are also predicted one at a time, because the runtime then uses other code.
ALONE = 32


@dataclass(frozen=True)
class Bound:
    """Maximum difference of a probability, and of a number relative to itself (an interval's end: to the prediction)."""

    probability: float
    share: float


BOUND = Bound(probability=1e-6, share=1e-5)
# Random pipelines have scores of thousands, where one more rounding changes a probability. They also have sums whose
# terms nearly cancel each other.
RANDOM = Bound(probability=4e-6, share=4e-5)


@dataclass
class Difference:
    """Differences between the answers to some rows."""

    rows: int = 0
    labels: int = 0
    probability: float = 0.0
    share: float = 0.0

    def __add__(self, other: "Difference") -> "Difference":
        return Difference(
            self.rows + other.rows,
            self.labels + other.labels,
            max(self.probability, other.probability),
            max(self.share, other.share),
        )

    def within(self, bound: Bound) -> bool:
        """Checks whether the answers count as equal."""
        return self.rows > 0 and not self.labels and self.probability <= bound.probability and self.share <= bound.share


def main() -> int:
    """Compares all cases and prints a line for each. Returns 1 if a case differs."""
    parser = argparse.ArgumentParser(prog="make onnx-test", description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=Path, required=True, help="where the built examples are")
    examples = parser.parse_args().examples
    onnxruntime.set_default_logger_severity(3)
    print(
        f"ONNX Runtime {onnxruntime.__version__}: labels that differ, largest difference of probabilities and numbers"
    )
    failed = [case for case, found, bound in _cases(examples) if not _holds(case, found, bound)]
    if failed:
        print(
            f"\n*** ONNX Runtime gives other answers: {', '.join(failed)}; the files are in {FOLDER}", file=sys.stderr
        )
    return 1 if failed else 0


def _holds(case: str, found: Difference, bound: Bound) -> bool:
    holds = found.within(bound)
    print(
        f"  {case:34} {found.rows:6} rows {found.labels:4} labels"
        f"   probability {found.probability:.1e} (≤ {bound.probability:.0e})   number {found.share:.1e} (≤ {bound.share:.0e})"
        f"{'' if holds else '   DIFFERS'}",
        flush=True,
    )
    return holds


def _cases(examples: Path) -> Iterator[tuple[str, Difference, Bound]]:
    # Files of an earlier run would be compared with themselves.
    shutil.rmtree(FOLDER, ignore_errors=True)
    samples = FOLDER / "samples"
    _run(examples / "samples", samples, PIPELINES)
    kept = [file.stem for file in _files(samples, "format-*.onnx")]
    for name in kept:
        yield f"kept {name}", _difference(samples, name), BOUND
    random = [_difference(samples, file.stem) for file in samples.glob("*.onnx") if file.stem not in kept]
    yield f"{len(random)} random pipelines", sum(random, Difference()), RANDOM
    tables = FOLDER / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    _run(sys.executable, TABLES, tables)
    names = [entry["name"] for entry in json.loads((tables / "index.json").read_text())]
    for name in [*names, *derived.write(tables)]:
        answers = FOLDER / "answers" / name
        _run(examples / "answers", tables / name, answers)
        for file in _files(answers, "*.onnx"):
            yield f"{name}, {file.stem}", _difference(answers, file.stem), BOUND


def _files(folder: Path, pattern: str) -> list[Path]:
    """Returns the files of this pattern. It is an error if there is none, because then nothing would be compared."""
    return sorted(folder.glob(pattern)) or sys.exit(f"*** there is no {pattern} in {folder}")


def _run(*command) -> None:
    done = subprocess.run([str(word) for word in command], check=False)
    if done.returncode:
        sys.exit(f"*** {' '.join(map(str, command))} failed")


def _difference(folder: Path, name: str) -> Difference:
    """Compares the answers to the rows of an artifact: all rows at once, and some rows one at a time."""
    sample = json.loads((folder / f"{name}.json").read_text())
    session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), providers=["CPUExecutionProvider"])
    inputs = _inputs(session, sample)
    rows = len(next(iter(inputs.values())))
    expected = {output.name: np.asarray(sample[output.name]) for output in session.get_outputs()}
    found = _apart(session, inputs, expected, slice(0, rows))
    for row in range(min(rows, ALONE)):
        alone = _apart(session, inputs, expected, slice(row, row + 1))
        found += Difference(0, alone.labels, alone.probability, alone.share)
    return found


def _inputs(session, sample: dict) -> dict[str, np.ndarray]:
    kinds = {"tensor(float)": np.float32, "tensor(string)": object}
    # Format 1 has only numbers, which it calls features.
    sample = sample | {"features": sample["numbers"]}
    return {given.name: np.array(sample[given.name], dtype=kinds[given.type]) for given in session.get_inputs()}


def _apart(session, inputs: dict, expected: dict, rows: slice) -> Difference:
    answers = session.run(None, {name: values[rows] for name, values in inputs.items()})
    found = Difference(rows.stop - rows.start)
    for output, answer in zip(session.get_outputs(), answers):
        ours = expected[output.name][rows]
        if answer.shape != ours.shape:
            sys.exit(f"*** {output.name} has the shape {answer.shape}, expected {ours.shape}")
        if output.name == "label":
            found.labels = int((answer != ours).sum())
            continue
        apart = np.abs(answer.astype(np.float64) - ours)
        if output.name == "probabilities":
            found.probability = _largest(apart)
        else:
            # An end of an interval may be near 0 although the prediction is not.
            size = np.maximum(np.abs(ours), np.abs(expected["prediction"][rows]))
            found.share = max(found.share, _largest(apart / np.maximum(size, np.finfo(np.float32).tiny)))
    return found


def _largest(apart: np.ndarray) -> float:
    """Returns the largest difference. NaN counts as infinite."""
    return float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0))


if __name__ == "__main__":
    sys.exit(main())
