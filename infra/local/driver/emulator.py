"""Starts the emulator on the loopback interface, and stops it by its process id."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from .console import Failure, say, tail, until, waiting
from .settings import ROOT, Settings

START = ROOT / "infra/local/emulator/start_ministack.py"

# Credentials of the functions: the emulator accepts any.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def healthy(settings: Settings) -> bool:
    """Returns whether an emulator answers at the endpoint."""
    try:
        with urllib.request.urlopen(f"{settings.endpoint}/_localstack/health", timeout=5) as answer:
            return bool(json.load(answer).get("services"))
    except (OSError, ValueError, urllib.error.URLError):
        return False


def free_port(lowest: int = 0) -> int:
    """Returns a free port of the loopback interface: the first one from `lowest`, or any."""
    for port in range(lowest, lowest + 100) if lowest else (0,):
        with suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]
    raise Failure(f"no port from {lowest} to {lowest + 99} is free")


def running_port(state: Path) -> int | None:
    """Returns the port of the emulator that uses that directory, or None if it does not run."""
    settings = Settings(state)
    with suppress(OSError, ValueError):
        return int(_port_file(settings).read_text()) if _our_process(settings) else None
    return None


def start(settings: Settings) -> None:
    """Starts the emulator unless it already runs.

    Raises Failure if another process uses the port, or if the emulator does not answer in time.
    """
    if _our_process(settings):
        say(f"the emulator already runs at {settings.endpoint}")
        return
    _require_free(settings)
    scratch = settings.state / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    log = settings.state / "emulator.log"
    with log.open("wb") as output, waiting("emulator"):
        process = subprocess.Popen(
            [sys.executable, str(START)],
            env=_environment(settings, str(scratch)),
            cwd=settings.state,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _pid_file(settings).write_text(str(process.pid))
        _port_file(settings).write_text(str(settings.port))

        def answers() -> bool:
            if process.poll() is not None:
                raise Failure(f"the emulator ended before it answered:\n{tail(log)}")
            return healthy(settings)

        until(answers, 60, "the emulator's first answer")


def stop(settings: Settings) -> bool:
    """Stops the emulator and the functions that it started; returns whether it was running."""
    pid = _our_process(settings)
    _pid_file(settings).unlink(missing_ok=True)
    if not pid:
        return False
    # The emulator leads a process group, which contains the functions too. It gets time to clean up. Then the whole
    # group is killed.
    os.kill(pid, signal.SIGTERM)
    with suppress(Failure):
        until(lambda: _command(pid) is None, 10, "the emulator's end", every=0.1)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    return True


def _pid_file(settings: Settings) -> Path:
    return settings.state / "emulator.pid"


def _port_file(settings: Settings) -> Path:
    return settings.state / "emulator.port"


def _our_process(settings: Settings) -> int | None:
    """Returns the process id in the pid file, if that process still is an emulator: systems reuse ids."""
    try:
        pid = int(_pid_file(settings).read_text())
    except (OSError, ValueError):
        return None
    return pid if "ministack" in (_command(pid) or "") else None


def _command(pid: int) -> str | None:
    found = subprocess.run(["ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    line = found.stdout.strip()
    return None if not line or line.startswith("Z") else line


def _require_free(settings: Settings) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", settings.port)) == 0:
            raise Failure(
                f"another program uses port {settings.port}; "
                "stop it, choose another port with PORT=, or use `make run EMULATOR=localstack` if it is LocalStack"
            )


def _environment(settings: Settings, scratch: str) -> dict[str, str]:
    # The variables are listed, not inherited, because the functions inherit them from the emulator.
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return (
        inherited
        | CREDENTIALS
        | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(settings.port),
            "AWS_ENDPOINT_URL": settings.endpoint,
            "AWS_REGION": settings.region,
            "AWS_DEFAULT_REGION": settings.region,
            "TMPDIR": scratch,
            "STATE_DIR": f"{scratch}/state",
            "S3_DATA_DIR": f"{scratch}/s3",
            "PYTHONDONTWRITEBYTECODE": "1",
            # Lambda waits a minute before it retries; tests cannot wait that long.
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "1",
        }
    )
