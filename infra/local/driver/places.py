"""Knows the directories of the local stacks: target/local for Iris, target/local/models/NAME for each user's table."""

from pathlib import Path

from . import emulator, environment
from .console import Failure
from .owntable import OwnTable
from .settings import Settings

# Port of Iris: emulators of AWS usually have it. The stacks of the user's tables have the ports after it.
IRIS_PORT = 4566


def settings_for(state: Path, port: int | None, config: str, kind: str, table: OwnTable | None) -> Settings:
    """Returns the settings of the stack for `table`, or for Iris. Each has its own emulator.

    Two models in one emulator would raise each other's alarms, because the emulator distinguishes metrics only by name.
    """
    folder = state / "models" / table.model if table else state
    if kind == "ministack":
        port = emulator.running_port(folder) or port or (emulator.free_port(IRIS_PORT + 1) if table else None)
    own = (table.model, table.parameters) if table else ()
    return Settings(folder, port or IRIS_PORT, config, kind, *own)


def every(state: Path) -> list[Path]:
    """Returns the directories of all stacks that were ever started here."""
    return [state, *sorted(folder for folder in state.glob("models/*") if folder.is_dir())]


def remember(state: Path, settings: Settings) -> None:
    """Records which stack was started last."""
    _note(state).write_text(str(settings.state.relative_to(state)))


def environment_file(state: Path, model: str) -> Path:
    """Returns the file with the variables of the model's stack; without a name, of the one that was started last.

    Raises Failure if there is no such model.
    """
    if model and (state / "models" / model).is_dir():
        return state / "models" / model / environment.FILE
    if model and model != "iris":
        names = ", ".join(["iris", *(folder.name for folder in every(state)[1:])])
        raise Failure(f"MODEL={model} does not exist in the local stacks; expected one of {names}")
    last = _note(state).read_text().strip() if not model and _note(state).exists() else "."
    return state / last / environment.FILE


def _note(state: Path) -> Path:
    return state / "last"
