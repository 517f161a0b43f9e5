"""Reads Parquet. Its values become text like those of every other format, so that one set of rules converts all."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet

from dagster_project.ingestion.reading import FileRows, plain_columns, register_stream, unreadable_instead

BATCH_ROWS = 65_536


def read_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> FileRows:
    """Open a Parquet file; its lines are row numbers from 1.

    Raises:
        UnreadableFileError: it isn't Parquet, or is damaged.
    """
    with unreadable_instead():
        content = pyarrow.parquet.ParquetFile(path)
        found = content.schema_arrow
    names = plain_columns(len(found))
    schema = pa.schema([(name, kind) for name, kind in zip(names, found.types, strict=True)] + [("_line", pa.int64())])
    rows = FileRows(tuple(found.names), tuple(map(_text, names, found.types)))
    return register_stream(connection, rows, schema, _batches(content, schema))


def _batches(content: pyarrow.parquet.ParquetFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    line = 1
    with content:
        for batch in content.iter_batches(batch_size=BATCH_ROWS):
            lines = pa.array(np.arange(line, line + batch.num_rows))
            line += batch.num_rows
            yield pa.record_batch([*batch.columns, lines], schema=schema)


def _text(name: str, kind: pa.DataType) -> str:
    """A column as text; NaN is how pandas writes a missing number."""
    if pa.types.is_nested(kind):
        return f"cast(to_json({name}) as varchar)"
    if pa.types.is_floating(kind):
        return f"case when not isnan({name}) then cast({name} as varchar) end"
    return f"nullif(cast({name} as varchar), '')"
