"""Prints columns and first rows of a Parquet file as JSON.

A separate program, because it needs .venv/parquet's pyarrow.
"""

import json
import sys
from typing import Any

from pyarrow import ArrowException, parquet


def main() -> None:
    """Prints the rows. The arguments: the file, and the number of rows."""
    try:
        file = parquet.ParquetFile(sys.argv[1])
    except ArrowException:
        sys.exit("it is not a Parquet file, or it is damaged")
    count = int(sys.argv[2])
    rows = next(file.iter_batches(batch_size=count)).to_pylist() if count and file.metadata.num_rows else []
    print(json.dumps({"columns": file.schema_arrow.names, "rows": rows}, default=_text))


def _text(value: Any) -> str:
    """Returns a date or time in the API's form, and any other value that JSON does not have as text."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


if __name__ == "__main__":
    main()
