"""Finds drift in the same rows with Evidently and NannyML, with their own default settings."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from typing import Any

import pandas as pd

# Both libraries report their use to their makers unless they are asked not to.
os.environ |= {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}

# The columns of the stream that are categories; see `mixed` in shared/lifecycle/examples/drift/stack.rs.
CATEGORIES = [f"c{column}" for column in (20, 21, 22, 23, 24, 25, 26, 28)]

# The training rows have this day.
TABLE_DAY = -1


# For each day: the columns that a program calls drifted.
Found = dict[int, set[str]]


def read(path: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns the rows of the table and the served rows. Categories are texts, as in a user's table."""
    rows = pd.read_csv(path)
    for column in CATEGORIES:
        rows[column] = rows[column].map(lambda code: None if pd.isna(code) else f"c{code:.0f}")
    return rows[rows.day == TABLE_DAY].drop(columns="day"), rows[rows.day != TABLE_DAY]


def evidently(table: pd.DataFrame, served: pd.DataFrame) -> Found:
    """Compares each day with the table, by the test that Evidently's preset for drift chooses for each column.

    The tests are called without a report, because drawing the plots of a report takes a second a day.
    """
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    found: Found = {}
    for day, rows in served.groupby("day"):
        drifted = set()
        for column in table.columns:
            kind = ColumnType.Categorical if column in CATEGORIES else ColumnType.Numerical
            reference, current = table[column].dropna(), rows[column].dropna()
            if len(current) == 0:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                test = get_stattest(reference, current, kind, None)
                result = test(reference_data=reference, current_data=current, feature_type=kind, threshold=None)
            if result.drifted:
                drifted.add(str(column))
        found[int(day)] = drifted
    return found


def nannyml(table: pd.DataFrame, served: pd.DataFrame, rows_a_day: int) -> Found:
    """Compares each day with the table by NannyML's drift of single columns. Parts of the table set the thresholds."""
    import nannyml

    columns = list(table.columns)
    start = pd.Timestamp("2026-01-01")
    reference = table.assign(at=[start + pd.Timedelta(days=row // rows_a_day) for row in range(len(table))])
    later = start + pd.Timedelta(days=len(table) // rows_a_day + 1)
    analysis = served.assign(at=later + pd.to_timedelta(served.day, unit="D")).drop(columns="day")
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=columns,
        treat_as_categorical=CATEGORIES,
        timestamp_column_name="at",
        chunk_period="D",
    )
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        calculator.fit(reference)
        result = calculator.calculate(analysis).filter(period="analysis").to_df()
    found: Found = {}
    days = sorted(int(day) for day in served.day.unique())
    for place, day in enumerate(days):
        row = result.iloc[place]
        alerts = {column for column in columns if any(bool(row[key]) for key in _alerts(result, column))}
        found[day] = alerts
    return found


def _alerts(result: pd.DataFrame, column: str) -> list[Any]:
    return [key for key in result.columns if key[0] == column and key[-1] == "alert"]
