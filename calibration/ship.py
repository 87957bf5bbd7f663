"""Put a finished calibration into the package: draws and record, and its page beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import expatsim.calibration
from calibration.common import SHIPPED, load
from expatsim.calibration.posterior import DRAWS, RECORD

PACKAGE = Path(expatsim.calibration.__file__).parent / "posterior"
PAGE = Path(__file__).parent / "posterior"


def main() -> None:
    """Copy what is shipped."""
    load()
    for folder, names in (
        (PACKAGE, (DRAWS, RECORD, "targets.csv")),  # the last for reports
        (
            PAGE,
            ("diagnostics.md", "targets.png", "parameters.png", "parameters.csv", "targets.csv"),
        ),
    ):
        folder.mkdir(exist_ok=True)
        for name in names:
            shutil.copy(SHIPPED / name, folder / name)
            print(f"{folder.name}/{name}: {(folder / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
