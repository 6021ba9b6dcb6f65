"""Trains the same models as if on other machines, and compares the artifacts byte for byte.

`make verify-machines` calls this program in .venv/onnx.

The example `answers` trains a model of every family on every table. It runs on this machine, with one thread, with a C
library that uses no FMA or AVX2 instructions, and, if QEMU is installed, on an emulated processor of 2008. With
`--arm64` it also runs a build for another architecture in QEMU.
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from onnx_file import first_difference

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/machines"
SERVED = ROOT / "infra/served/tables.py"
DERIVED = ROOT / "infra/onnx/derived.py"
# Small tables of each kind: several classes, two classes, numbers, dates. An emulator takes seconds for them.
SHORT = ["iris", "breast-cancer", "diabetes", "derived sales"]
# glibc chooses its functions by what the processor has. Names that a release does not know are ignored.
WITHOUT_FMA = "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4,-FMA_Usable,-AVX2_Usable"


@dataclass(frozen=True)
class Machine:
    """A way to run the example: what stands before the program, and the environment variables."""

    name: str
    prefix: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    binary: Path | None = None


def main() -> int:
    """Trains on each table and machine, prints a line for each model; returns 1 if two machines made other bytes."""
    parser = argparse.ArgumentParser(prog="make verify-machines", description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=Path, required=True, help="where the built examples are")
    parser.add_argument("--all", action="store_true", help="use all tables; an emulator takes about half an hour")
    parser.add_argument("--arm64", type=Path, help="the example `answers`, built for aarch64")
    parser.add_argument("--arm64-root", type=Path, default=Path("/"), help="the folder with aarch64's lib/ld-linux…")
    arguments = parser.parse_args()
    machines = _machines(arguments)
    shutil.rmtree(FOLDER, ignore_errors=True)
    differing = 0
    for table in _tables(everything=arguments.all):
        made = [_train(machine, arguments.examples / "answers", table) for machine in machines]
        for artifact in sorted(made[0].glob("*.onnx")):
            differing += _compare(table.name, artifact, machines, made)
    print(f"  {differing} differences" if differing else "  every artifact and every answer has the same bytes")
    return 1 if differing else 0


def _machines(arguments: argparse.Namespace) -> list[Machine]:
    machines = [
        Machine("this machine"),
        Machine("one thread", variables={"RAYON_NUM_THREADS": "1"}),
        Machine("without FMA and AVX2", variables={"GLIBC_TUNABLES": WITHOUT_FMA}),
    ]
    if os.uname().machine == "x86_64" and (qemu := shutil.which("qemu-x86_64")):
        machines.append(Machine("Nehalem in QEMU", [qemu, "-cpu", "Nehalem"]))
    else:
        print("  qemu-x86_64 is missing (Debian: qemu-user), so no other processor is emulated")
    if arguments.arm64:
        qemu = shutil.which("qemu-aarch64") or sys.exit("*** --arm64 needs qemu-aarch64 (Debian: qemu-user)")
        machines.append(Machine("aarch64 in QEMU", [qemu, "-L", str(arguments.arm64_root)], binary=arguments.arm64))
    return machines


def _tables(*, everything: bool) -> list[Path]:
    folder = FOLDER / "tables"
    folder.mkdir(parents=True)
    _run([sys.executable, str(SERVED), str(folder)])
    code = "import sys, pathlib, derived; derived.write(pathlib.Path(sys.argv[1]))"
    _run([sys.executable, "-c", code, str(folder)], {"PYTHONPATH": str(DERIVED.parent)})
    tables = sorted(path for path in folder.iterdir() if path.is_dir())
    for table in tables:
        _without_time_budget(table / "dataset.toml")
    return tables if everything else [table for table in tables if table.name in SHORT]


def _without_time_budget(settings: Path) -> None:
    """Removes the time limit of the search: a slow machine would try fewer candidates."""
    lines = settings.read_text().splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if not line.startswith("time_budget_seconds")))


def _train(machine: Machine, binary: Path, table: Path) -> Path:
    to = FOLDER / machine.name / table.name
    _run([*machine.prefix, str(machine.binary or binary), str(table), str(to)], machine.variables)
    return to


def _compare(table: str, artifact: Path, machines: list[Machine], made: list[Path]) -> int:
    """Prints a line for one model. Returns how many machines made other bytes or gave other answers."""
    found = []
    for machine, folder in list(zip(machines, made))[1:]:
        if different := first_difference(artifact.read_bytes(), (folder / artifact.name).read_bytes()):
            found.append(f"{machine.name}: {different}")
        elif artifact.with_suffix(".json").read_bytes() != (folder / artifact.name).with_suffix(".json").read_bytes():
            found.append(f"{machine.name}: the same artifact gives other answers")
    same = len(machines) - 1 - len(found)
    print(f"  {table:20} {artifact.stem:20} {same} of {len(machines) - 1} machines: same bytes", flush=True)
    for line in found:
        print(f"      DIFFERS  {line}", flush=True)
    return len(found)


def _run(command: list[str], variables: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env={**os.environ, **(variables or {})}, check=False)
    if done.returncode:
        sys.exit(f"*** {' '.join(command)} failed with exit code {done.returncode}")


if __name__ == "__main__":
    sys.exit(main())
