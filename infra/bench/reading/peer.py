"""Reads a file with one library, in a separate process: `peer.py NAME FILE` prints seconds and peak memory."""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Imports the library first, so that only reading is timed."""
    name, path = sys.argv[1], Path(sys.argv[2])
    read = _reader(name, path.suffix == ".csv")
    began, used = time.perf_counter(), time.process_time()
    table = read(path)
    seconds, used = time.perf_counter() - began, time.process_time() - used
    # Linux reports kibibytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"seconds": seconds, "cpu_seconds": used, "peak_rss_bytes": peak, "columns": len(table.columns)}))


def _reader(name: str, is_csv: bool) -> Any:
    if name == "polars":
        import polars

        return polars.read_csv if is_csv else polars.read_parquet
    if name == "pandas":
        import pandas

        return pandas.read_csv if is_csv else pandas.read_parquet
    import pyarrow
    from pyarrow import csv, parquet

    pyarrow.set_cpu_count(2)
    return csv.read_csv if is_csv else parquet.read_table


if __name__ == "__main__":
    main()
