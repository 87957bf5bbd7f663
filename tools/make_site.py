"""The documentation site, built by ``python -m tools.make_site FOLDER [--notebooks EXECUTED]``.

Pages are the Markdown files of the repository, in the folders in which they lie, so that a link
that works there works on the site. A link to a page, a heading, a picture or a file that does not
exist ends the build. Nothing is fetched, and the pages work from the disk, search included.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).parents[1]
# pages by part, in the order of the menu; "*" takes what is left in a folder
MENU = {
    "Use": (
        "docs/tutorial",
        "docs/page",
        "docs/scenarios",
        "docs/today",
        "docs/cities",
        "docs/survey",
        "docs/analysis",
        "docs/sweeps",
        "docs/python",
    ),
    "Notebooks": ("notebooks/*",),
    "The model": ("docs/odd", "docs/calibration", "calibration/*/*", "docs/glossary"),
    "Reference": ("docs/api", "docs/scaling", "benchmarks/*"),
    "Carry on": ("CONTRIBUTING", "docs/architecture", "CHANGELOG"),
}
LINK = re.compile(r"\]\(([^)#\s:]+)")


def pages() -> list[Path]:
    """Markdown files that become pages, below the root of the repository."""
    patterns = ("CHANGELOG.md", "CONTRIBUTING.md", "docs/*.md", "benchmarks/*.md")
    return [p for x in (*patterns, "calibration/*/*.md") for p in sorted(ROOT.glob(x))]


def write_sources(sources: Path, executed: Path | None = None) -> None:
    """Write the sources that Sphinx reads.

    Parameters
    ----------
    sources : Path
        An empty folder.
    executed : Path, optional
        Folder of executed notebooks (``.ipynb``); by default notebooks have no output.
    """
    for page in pages():
        _write(sources / page.relative_to(ROOT), page.read_text(encoding="utf-8"), page)
    for page in sorted((ROOT / "notebooks").glob("*.md")):
        _write_notebook(sources, page, executed)
    home = ROOT / "README.md"
    _write(sources / "index.md", home.read_text(encoding="utf-8") + _menu(sources), home)


def build(sources: Path, site: Path) -> int:
    """Exit code of Sphinx: 0 if the site is whole and no link is dead."""
    strict = ["--quiet", "--fail-on-warning", "--nitpicky"]
    folders = ["-c", str(ROOT / "docs"), "-d", str(sources.with_name("doctrees"))]
    command = [sys.executable, "-m", "sphinx", *strict, *folders, str(sources), str(site)]
    return subprocess.run(command, check=False).returncode


def _write(path: Path, text: str, origin: Path) -> None:
    """Write a page, and copy the files of the repository that it links to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(re.sub(r"(\]\([./]*)README\.md", r"\1index.md", text), encoding="utf-8")
    for link in LINK.findall(text):
        file = (origin.parent / link).resolve()
        if file.is_file() and file.is_relative_to(ROOT) and file.suffix != ".md":
            copy = path.parent / link
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


def _write_notebook(sources: Path, page: Path, executed: Path | None) -> None:
    """Write a notebook as a page, with its outputs if it was executed."""
    if executed is None:
        notebook = jupytext.read(page)
    else:
        notebook = nbformat.read(executed / f"{page.stem}.ipynb", as_version=4)
    names = {"unique_key": page.stem, "output_files_dir": page.stem}
    text, resources = MarkdownExporter().from_notebook_node(notebook, {**names})
    _write(sources / "notebooks" / page.name, text, page)
    for name, content in resources["outputs"].items():
        (sources / "notebooks" / name).parent.mkdir(exist_ok=True)
        (sources / "notebooks" / name).write_bytes(content)


def _menu(sources: Path) -> str:
    """Hidden tables of contents, which Sphinx shows beside every page."""
    text = ""
    for part, patterns in MENU.items():
        text += f"\n```{{toctree}}\n:hidden:\n:caption: {part}\n\n"
        for pattern in patterns:
            files = sorted(sources.glob(f"{pattern}.md"))
            text += "".join(f"{f.relative_to(sources).with_suffix('')}\n" for f in files)
        text += "```\n"
    return text


def main(arguments: list[str] | None = None) -> int:
    """Exit code of the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_site")
    parser.add_argument("folder", type=Path, help="where the site goes; replaced")
    parser.add_argument("--notebooks", type=Path, help="executed notebooks, of `make notebooks`")
    given = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        sources = Path(folder) / "pages"
        write_sources(sources, given.notebooks)
        shutil.rmtree(given.folder, ignore_errors=True)
        return build(sources, given.folder)


if __name__ == "__main__":
    sys.exit(main())
