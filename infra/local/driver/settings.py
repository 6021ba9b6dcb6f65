"""Where the local stack lives and how it is configured."""

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
    """One local stack: `config` names its section of samconfig.toml, `state` holds all its files.

    `model` is set for a table of the user's own, and `given` are its parameters, over those of the section. `proxies` are the
    ports at which the functions reach AWS, by their names, where that is not the emulator's own.
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
        """Where the emulator answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment_file(self) -> Path:
        """What any shell can source to talk to the stack."""
        return self.state / "stack.env"

    @property
    def stack(self) -> str:
        """The stack's name."""
        name = _section(self.config, "global")["stack_name"]
        return f"{name}-{self.model}" if self.model else name

    @property
    def region(self) -> str:
        """The Region that the emulator plays."""
        return _section(self.config, "global")["region"]

    def parameters(self) -> dict[str, str]:
        """The template's parameters: samconfig.toml's, the given ones, this machine's processor, the code's version."""
        machine = {"Architecture": host_architecture(), "CodeVersion": code_version()}
        return overrides(self.config) | dict(self.given) | machine


def overrides(config: str) -> dict[str, str]:
    """The template's parameters that the section `config` of samconfig.toml sets."""
    pairs = shlex.split(_section(config, "deploy").get("parameter_overrides", ""))
    return dict(pair.split("=", 1) for pair in pairs)


def host_architecture() -> str:
    """This machine's processor, in Lambda's words: the emulator runs the functions as plain processes."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def code_version() -> str:
    """The commit, with `-dirty` when there are changes; `unversioned` outside a repository."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return described.stdout.strip() or "unversioned"


def _section(config: str, command: str) -> dict[str, Any]:
    with open(ROOT / "samconfig.toml", "rb") as file:
        return tomli.load(file)[config][command]["parameters"]
