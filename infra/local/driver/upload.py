"""Uploads the user's files to the bucket without changes."""

from .console import say
from .environment import Clients
from .owntable import OwnTable


def bring(clients: Clients, bucket: str, table: OwnTable) -> None:
    """Stores the table's files where training reads them, and deletes objects whose file no longer exists."""
    s3 = clients.client("s3")
    prefix = f"datasets/{table.model}/"
    for file in table.uploads:
        s3.upload_file(str(file), bucket, prefix + file.name)
        say(f"{file} → s3://{bucket}/{prefix}{file.name} ({_size(file.stat().st_size)})")
    wanted = {prefix + file.name for file in table.uploads}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            if entry["Key"] not in wanted:
                s3.delete_object(Bucket=bucket, Key=entry["Key"])
                say(f"removed: {entry['Key']}, which is no longer beside the others")


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB" if size >= 1e3 else f"{size} bytes"
