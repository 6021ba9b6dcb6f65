"""Checks the licences of everything that is linked against the list in deny.toml, and that nothing banned is there.

`cargo deny check licenses bans` says the same and more; this takes a second where building cargo-deny takes minutes.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import tomli

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Prints what is not allowed; 0 when everything is."""
    rules = tomli.loads((ROOT / "deny.toml").read_text())
    allowed = set(rules["licenses"]["allow"])
    banned = {entry["name"] for entry in rules["bans"]["deny"]}
    packages = _linked(ROOT / "Cargo.toml", "--locked")
    complaints = _unfit(packages, allowed)
    # What fuzzes is deployed nowhere: libFuzzer itself may have a licence more.
    fuzzing = _linked(ROOT / "fuzz/Cargo.toml", "--locked")
    complaints += _unfit(fuzzing, allowed | {"NCSA"})
    complaints += [f"{name}: banned" for name, _ in packages if name.split(" ")[0] in banned]
    for complaint in complaints:
        print(f"licences: {complaint}", file=sys.stderr)
    if not complaints:
        print(f"licences: {len(packages)} packages and {len(fuzzing)} of the fuzz targets, all allowed")
    return 1 if complaints else 0


def _unfit(packages: list[tuple[str, str]], allowed: set[str]) -> list[str]:
    return [
        f"{name}: licence {licence or 'unknown'} is not allowed"
        for name, licence in packages
        if not _fits(licence, allowed)
    ]


def _linked(manifest: Path, *options: str) -> list[tuple[str, str]]:
    """Name with version, and licence, of all packages that are not ours and not for tests only."""
    command = [
        "cargo",
        "metadata",
        "--format-version",
        "1",
        "--manifest-path",
        manifest,
        *options,
        "--filter-platform",
        "aarch64-unknown-linux-gnu",
    ]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    edges = {node["id"]: node["deps"] for node in metadata["resolve"]["nodes"]}
    reached, todo = set(), list(metadata["workspace_members"])
    while todo:
        package = todo.pop()
        if package not in reached:
            reached.add(package)
            todo += [edge["pkg"] for edge in edges[package] if any(kind["kind"] != "dev" for kind in edge["dep_kinds"])]
    packages = {package["id"]: package for package in metadata["packages"]}
    # Ours have no registry that they came from.
    foreign = sorted(id for id in reached if packages[id]["source"])
    return [(f"{packages[id]['name']} {packages[id]['version']}", packages[id]["license"]) for id in foreign]


def _fits(expression: str | None, allowed: set[str]) -> bool:
    """Whether an SPDX expression can be met with `allowed`; the old `A/B` means `A OR B`."""
    tokens = re.findall(r"[()]|[^\s()]+(?:\s+WITH\s+[^\s()]+)?", (expression or "").replace("/", " OR "))
    return bool(tokens) and _either(tokens, allowed)


def _either(tokens: list[str], allowed: set[str]) -> bool:
    met = _both(tokens, allowed)
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        met = _both(tokens, allowed) or met
    return met


def _both(tokens: list[str], allowed: set[str]) -> bool:
    met = _single(tokens, allowed)
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        met = _single(tokens, allowed) and met
    return met


def _single(tokens: list[str], allowed: set[str]) -> bool:
    token = tokens.pop(0)
    if token != "(":
        return token in allowed
    met = _either(tokens, allowed)
    tokens.pop(0)
    return met


if __name__ == "__main__":
    sys.exit(main())
