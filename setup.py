"""What ``pyproject.toml`` cannot say: a wheel holds the folders scenarios/ and sweeps/ too."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("scenarios", "sweeps")


class Build(build_py):
    """Copies both folders into the package; an editable install reads them where they are."""

    def run(self) -> None:
        """Build as usual, then copy."""
        super().run()
        if not self.editable_mode:
            for folder in FOLDERS:
                place = Path(self.build_lib, "expatsim", "shipped", folder)
                shutil.rmtree(place, ignore_errors=True)  # of an earlier build
                shutil.copytree(folder, place)


setup(cmdclass={"build_py": Build})
