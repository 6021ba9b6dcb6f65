"""Describes the machine, and gives all processes the same share of it."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

THREADS = 2
# XGBoost's package without graphics card libraries has another name.
PEERS = {
    "scikit-learn": ("scikit-learn",),
    "LightGBM": ("lightgbm",),
    "XGBoost": ("xgboost-cpu", "xgboost"),
    "CatBoost": ("catboost",),
}
# `ru_maxrss` counts bytes on macOS and kibibytes elsewhere.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def two_cores() -> None:
    """Limits this process and its children to two cores, if the system can. So no thread pool can use more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])


def environment() -> dict[str, str]:
    """Returns the environment variables, with the number of threads fixed for every library."""
    names = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(THREADS))}


def describe() -> dict[str, Any]:
    """Returns processor, memory and versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": THREADS,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "peers": {peer: _version(packages) for peer, packages in PEERS.items()},
    }


def busy_seconds() -> float | None:
    """Returns the processor seconds of all processes since the system started, or None if they are unknown."""
    try:
        with Path("/proc/stat").open() as file:
            times = [int(word) for word in file.readline().split()[1:9]]
    except (OSError, ValueError):
        return None
    idle = sum(times[3:5])
    return (sum(times) - idle) / os.sysconf("SC_CLK_TCK")


def _version(packages: tuple[str, ...]) -> str | None:
    """Returns the version of the first installed package of the list."""
    for package in packages:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return None


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open() as file:
            lines = [line for line in file if line.startswith("model name")]
    except OSError:
        lines = []
    return lines[0].split(":", 1)[1].strip() if lines else platform.processor() or "unknown"
