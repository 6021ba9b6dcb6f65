"""Prints columns and first rows of a Parquet file as JSON. A program of its own: it needs .venv/parquet's pyarrow."""

import json
import sys
from typing import Any

from pyarrow import ArrowException, parquet


def main() -> None:
    """The arguments: the file, how many rows."""
    try:
        file = parquet.ParquetFile(sys.argv[1])
    except ArrowException:
        sys.exit("it is no Parquet file, or is damaged")
    count = int(sys.argv[2])
    rows = next(file.iter_batches(batch_size=count)).to_pylist() if count and file.metadata.num_rows else []
    print(json.dumps({"columns": file.schema_arrow.names, "rows": rows}, default=_text))


def _text(value: Any) -> str:
    """A moment as the API takes it; anything else that JSON does not know as its text."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


if __name__ == "__main__":
    main()
