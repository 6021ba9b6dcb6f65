"""Where the local stacks are: Iris in target/local, each table of the user's own in target/local/models/NAME."""

import os
from pathlib import Path

from . import emulator, environment
from .console import Failure
from .owntable import OwnTable
from .settings import Settings

# Iris has the port that emulators of AWS have by custom; the user's own tables follow.
IRIS_PORT = 4566


def settings_for(state: Path, port: int | None, config: str, kind: str, table: OwnTable | None) -> Settings:
    """The settings of the stack for `table`, or for Iris; each has an emulator of its own.

    Two models in one emulator would ring each other's alarms: it tells figures by their name alone.
    """
    folder = state / "models" / table.model if table else state
    if kind == "ministack":
        port = emulator.running_port(folder) or port or (emulator.free_port(IRIS_PORT + 1) if table else None)
    own = (table.model, table.parameters) if table else ()
    return Settings(folder, port or IRIS_PORT, config, kind, *own)


def every(state: Path) -> list[Path]:
    """The directories of all stacks that were ever started here."""
    return [state, *sorted(folder for folder in state.glob("models/*") if folder.is_dir())]


def remember(state: Path, settings: Settings) -> None:
    """Notes the stack that was started last."""
    _note(state).write_text(str(settings.state.relative_to(state)))


def status(state: Path, model: str) -> tuple[str, str]:
    """URL and key of the model's status API; without a name, of the environment's stack, or of the one started last.

    Raises Failure when there is no such model here.
    """
    if model and (state / "models" / model).is_dir():
        return environment.status(state / "models" / model / environment.FILE)
    if model and model != "iris":
        names = ", ".join(["iris", *(folder.name for folder in every(state)[1:])])
        raise Failure(f"MODEL={model}: no such model here; there is {names}")
    if not model and all(os.environ.get(name) for name in environment.STATUS):
        return environment.status_of(os.environ)
    last = _note(state).read_text().strip() if not model and _note(state).exists() else "."
    return environment.status(state / last / environment.FILE)


def _note(state: Path) -> Path:
    return state / "last"
