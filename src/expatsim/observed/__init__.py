"""The report's tables and the external facts, every number with its place.

Source of the report: Van Bochove, Rusinović and Engbersen (2010), *Over de rode loper*
(Nicis Institute). ``report.csv`` holds its numbers, ``external.csv`` facts of other publications,
``inconsistencies.csv`` the places where the report contradicts itself. Nothing is silently mended.
"""

from expatsim.observed.loader import (
    counts,
    external,
    inconsistencies,
    study_rows,
    table,
    table_names,
    tables,
)

__all__ = [
    "counts",
    "external",
    "inconsistencies",
    "study_rows",
    "table",
    "table_names",
    "tables",
]
