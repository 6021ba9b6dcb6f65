"""The machine: what it is, and that all get the same share of it."""

import os
import platform
import sys
from importlib import metadata
from typing import Any

THREADS = 2
# XGBoost's package has another name where the one without a graphics card's libraries is installed.
PEERS = {
    "scikit-learn": ("scikit-learn",),
    "LightGBM": ("lightgbm",),
    "XGBoost": ("xgboost-cpu", "xgboost"),
    "CatBoost": ("catboost",),
}
# `ru_maxrss` counts bytes on macOS and kibibytes elsewhere.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def two_cores() -> None:
    """Keeps this process and all it starts on two cores, where the system can; a thread pool cannot then take more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])


def environment() -> dict[str, str]:
    """This environment, with the number of threads fixed for every library that asks for one."""
    names = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(THREADS))}


def describe() -> dict[str, Any]:
    """Processor, memory, and versions."""
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
    """Processor seconds that all processes together have used since the system started; None where only others can tell."""
    try:
        with open("/proc/stat") as file:
            times = [int(word) for word in file.readline().split()[1:9]]
    except (OSError, ValueError):
        return None
    idle = sum(times[3:5])
    return (sum(times) - idle) / os.sysconf("SC_CLK_TCK")


def _version(packages: tuple[str, ...]) -> str | None:
    """The version of the first of these packages that is installed."""
    for package in packages:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            lines = [line for line in file if line.startswith("model name")]
    except OSError:
        lines = []
    return lines[0].split(":", 1)[1].strip() if lines else platform.processor() or "unknown"
