"""The directory and the configuration of a local stack."""

import platform
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli

ROOT = Path(__file__).resolve().parents[3]
BUILT_TEMPLATE = ROOT / "target/local/build/template.yaml"
SAM = ROOT / ".venv/sam/bin"


@dataclass(frozen=True)
class Settings:
    """One local stack: `config` names its section of samconfig.toml, `state` is the directory of all its files.

    `model` is set for a table of the user. `given` are parameters that override those of the section. `proxies` are the
    ports at which the functions call AWS, by function name, if that is not the emulator's port.
    """

    state: Path
    port: int = 4566
    config: str = "local"
    emulator: str = "ministack"
    model: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    proxies: Mapping[str, int] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """Returns the URL of the emulator."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment_file(self) -> Path:
        """Returns the file that a shell can source to reach the stack."""
        return self.state / "stack.env"

    @property
    def stack(self) -> str:
        """Returns the stack's name."""
        name = _section(self.config, "global")["stack_name"]
        return f"{name}-{self.model}" if self.model else name

    @property
    def region(self) -> str:
        """Returns the Region that the emulator uses."""
        return _section(self.config, "global")["region"]

    def parameters(self) -> dict[str, str]:
        """Returns the template's parameters: samconfig.toml's, the given ones, processor and version of the code."""
        machine = {"Architecture": host_architecture(), "CodeVersion": code_version()}
        return overrides(self.config) | dict(self.given) | machine


def overrides(config: str) -> dict[str, str]:
    """Returns the template's parameters in the section `config` of samconfig.toml."""
    pairs = shlex.split(_section(config, "deploy").get("parameter_overrides", ""))
    return dict(pair.split("=", 1) for pair in pairs)


def host_architecture() -> str:
    """Returns the machine's processor as Lambda names it: the emulator runs the functions as plain processes."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def code_version() -> str:
    """Returns the commit, with `-dirty` if there are changes, or `unversioned` outside a repository."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return described.stdout.strip() or "unversioned"


def _section(config: str, command: str) -> dict[str, Any]:
    with (ROOT / "samconfig.toml").open("rb") as file:
        return tomli.load(file)[config][command]["parameters"]
