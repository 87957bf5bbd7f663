"""Export of all runs of a store into one file, for other programs."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from expatsim.errors import InputError
from expatsim.files import for_spreadsheet, replacing, writing
from expatsim.findings import netcdf

if TYPE_CHECKING:
    from expatsim.sweeps.store import Store

ENDINGS = (".csv", ".parquet", ".nc")


def export(store: Store, file: Path) -> int:
    """Write inputs and outcomes of all runs that are done, whole or not at all.

    The file is made in memory: the library of NetCDF ends the process when a disk is full.

    Parameters
    ----------
    store : Store
        A store of runs.
    file : pathlib.Path
        A new file; its ending, ``.csv``, ``.parquet`` or ``.nc``, is the format.

    Returns
    -------
    int
        Number of runs.

    Raises
    ------
    InputError
        If the file exists or cannot be written, or the store is damaged.
    """
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"{file}: the ending says what to write: .csv, .parquet or .nc")
    with writing(file, "nothing was written"):
        if file.exists():
            raise InputError(f"{file}: exists; give another file")
        if file.parent.exists() and not file.parent.is_dir():
            raise InputError(f"{file}: cannot be written: {file.parent} is a file, not a folder")
        content, runs = _content(store, ending)
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as work:
            work.write_bytes(content)
    return runs


def _content(store: Store, ending: str) -> tuple[bytes, int]:
    frame = store.frame()
    if ending == ".csv":
        return for_spreadsheet(frame).to_csv(lineterminator="\n").encode(), len(frame)
    target = io.BytesIO()
    if ending == ".parquet":
        frame.reset_index().to_parquet(target, index=False)
        return target.getvalue(), len(frame)
    settings = store.settings
    title = f"expatsim: {settings['sweep']['title']}"
    return netcdf.encoded(store.to_xarray(), title, settings), len(frame)
