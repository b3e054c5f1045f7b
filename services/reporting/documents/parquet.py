"""Rows as Parquet: types as a notebook wants them, and each column's meaning in the file itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from shared.database.pool import Row
from shared.errors import PeduliError


class MissingParquetError(PeduliError):
    """Parquet needs pyarrow, which is not installed."""


try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError as error:
    raise MissingParquetError(hint="pip install 'peduli[parquet]'") from error

_TYPES = {
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
}


def _type(name: str) -> Any:
    """Numbers with decimals are percent, hours and seconds of two or three places, so doubles; all else is text."""
    return pa.float64() if name.startswith("numeric") else _TYPES.get(name, pa.string())


async def write(batches: AsyncIterator[Sequence[Row]], columns: Sequence[Row], file: Path) -> int:
    """Write batches of rows with these columns (name, type and text of each); returns how many rows there were."""
    schema = pa.schema([pa.field(c["name"], _type(c["type"]), metadata={"comment": c["text"]}) for c in columns])
    count = 0
    with pq.ParquetWriter(file, schema) as out:
        async for rows in batches:
            values = [[_plain(row[field.name], field.type) for row in rows] for field in schema]
            out.write_table(pa.table(values, schema=schema))
            count += len(rows)
    return count


def _plain(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    return float(value) if kind == pa.float64() else str(value) if kind == pa.string() else value
