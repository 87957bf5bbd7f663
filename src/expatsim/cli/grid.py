"""Tables of plain texts that are cut at no width, and the function that prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from expatsim.text import fold, visible, width

GAP = 2  # columns between cells
NARROWEST = 16  # columns of a text, below which a table becomes blocks
WIDEST = 60  # columns of a text, however wide the terminal is
LINE = 80  # columns of a title or a note
HEADING = "bold"  # style of a line over all columns


class Grid(Table):
    """A table of plain texts, without markup or emoji codes.

    No digit is cut. Texts fold between words; where the terminal is too narrow for the columns
    beside each other, every row becomes a block of lines, a cell on each. Into a file or a pipe
    goes the whole width.
    """

    def add_column(self, header: Any = "", *args: Any, **settings: Any) -> None:
        """Add a column; arguments are those of :class:`rich.table.Table`."""
        super().add_column(_plain(header), *args, **settings)

    def add_row(self, *cells: Any, **settings: Any) -> None:
        """Add a row; arguments are those of :class:`rich.table.Table`."""
        super().add_row(*map(_plain, cells), **settings)

    def add_heading(self, text: str) -> None:
        """Add a line of its own, over all columns."""
        self.add_row(text, style=HEADING)

    @property
    def needed(self) -> int:
        """Width at which no row has to be broken, in columns."""
        return max(LINE, _total(self._wanted()))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(min(20, options.max_width), min(self.needed, options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width
        widths = self._widths(room)
        line = min(room, max(LINE, _total(widths) if widths else 0))
        dash = "-" if options.ascii_only else "─"
        lines = [(text, "bold") for text in fold(visible(self.title or ""), line) if text]
        lines += self._beside(widths, dash) if widths else self._below(room)
        lines += [(text, "dim italic") for text in fold(visible(self.caption or ""), line) if text]
        for text, style in lines:
            printable = text.replace("–", "-") if options.ascii_only else text
            yield Text(printable.rstrip(), style=style, no_wrap=True, overflow="ignore")

    def _lines(self) -> list[tuple[str, ...]]:
        """Texts of all cells, row by row."""
        return list(zip(*(map(str, c.cells) for c in self.columns), strict=True))

    def _cells(self) -> Iterator[tuple[bool, str, list[str]]]:
        """For each column, whether it holds numbers, its heading and its texts."""
        rows = [r for r, how in zip(self._lines(), self.rows, strict=True) if how.style != HEADING]
        for k, column in enumerate(self.columns):
            yield column.justify == "right", str(column.header), [row[k] for row in rows]

    def _wanted(self) -> list[int]:
        """Widths at which only long texts fold."""
        widths = []
        for numbers, heading, cells in self._cells():
            most = max([0, *(width(line) for c in cells for line in c.split("\n"))])
            title = max(map(width, heading.split("\n")))
            widths.append(max(most, min(title, 24)) if numbers else min(WIDEST, max(most, title)))
        return widths

    def _least(self) -> list[int]:
        """Smallest widths at which no number is broken and texts can still be read."""
        widths = []
        for (numbers, heading, cells), most in zip(self._cells(), self._wanted(), strict=True):
            if not numbers:
                widths.append(min(most, NARROWEST))
                continue
            parts = [width(p) for c in cells for line in c.split("\n") for p in _parts(line)]
            widths.append(max([0, *parts, *(min(NARROWEST, width(w)) for w in heading.split())]))
        return widths

    def _widths(self, room: int) -> list[int] | None:
        """Width of every column; None if there is no room for them beside each other."""
        least, wanted = self._least(), self._wanted()
        whole = [  # with each number on one line
            most if column.justify == "right" else few
            for column, few, most in zip(self.columns, least, wanted, strict=True)
        ]
        fits = next((w for w in (whole, least) if _total(w) <= room), None)
        return _grown(fits, wanted, room) if fits else None

    def _beside(self, widths: list[int], dash: str) -> Iterator[tuple[str, str]]:
        """Lines of a table whose columns stand beside each other."""

        def lines_of(row: Sequence[str]) -> Iterator[str]:
            cells = [_folded(text, room) for text, room in zip(row, widths, strict=True)]
            for at in range(max(map(len, cells))):
                texts = [cell[at] if at < len(cell) else "" for cell in cells]
                yield (" " * GAP).join(map(_padded, texts, widths, right))

        right = [column.justify == "right" for column in self.columns]
        headings = [str(column.header) for column in self.columns]
        if any(headings):
            yield from ((line, "bold") for line in lines_of(headings))
        yield dash * _total(widths), ""
        for k, (row, how) in enumerate(zip(self._lines(), self.rows, strict=True)):
            lines = fold(row[0], _total(widths)) if how.style == HEADING else lines_of(row)
            yield from ((line, str(how.style or "")) for line in lines)
            if how.end_section and k < len(self.rows) - 1:
                yield "", ""
        yield "", ""

    def _below(self, room: int) -> Iterator[tuple[str, str]]:
        """Lines of a table as blocks, a row in each and the cells below each other."""
        headings = [" ".join(str(column.header).split()) for column in self.columns]
        for row, how in zip(self._lines(), self.rows, strict=True):
            named = [] if how.style == HEADING else headings
            entries = [
                f"{heading}: {text}" if heading else text
                for heading, cell in zip_longest(named, row, fillvalue="")
                if (text := ", ".join(cell.strip().split("\n")))
            ]
            for k, entry in enumerate(entries):
                before = "  " if k else ""
                for line in fold(entry, room - len(before)):
                    yield before + line, str(how.style or "")
        yield "", ""


def _plain(text: Any) -> Text:
    """A text without markup; line breaks are kept, as only the program makes them."""
    lines = str(text).split("\n")
    return Text("\n".join(visible(line) for line in lines))


def _parts(line: str) -> list[str]:
    """Parts of a line of numbers that stay together: the number, and its interval."""
    before, bracket, interval = line.partition(" (")
    return [before, f"({interval}"] if bracket else [line]


def _folded(text: str, room: int) -> list[str]:
    """Lines of a cell, with the indentation of its text."""
    lines = []
    for line in text.split("\n"):
        indent = " " * min(len(line) - len(line.lstrip()), room // 2)
        space = room - len(indent)
        if width(line) <= room:
            lines.append(line)
        elif all(width(p) <= space for p in _parts(line.strip())):
            lines += [indent + p for p in _parts(line.strip())]
        else:
            lines += [indent + p for p in fold(line, space)]
    return lines


def _padded(text: str, room: int, right: bool) -> str:
    """A text with spaces up to a width, before it if ``right``."""
    space = " " * (room - width(text))
    return space + text if right else text + space


def _total(widths: list[int]) -> int:
    """Width of a table with columns of these widths."""
    return sum(widths) + GAP * (len(widths) - 1)


def _grown(widths: list[int], wanted: list[int], room: int) -> list[int]:
    """Widths with the remaining room shared by columns that are narrower than wanted."""
    widths = list(widths)
    left = room - _total(widths)
    while left > 0 and (short := [k for k, w in enumerate(widths) if w < wanted[k]]):
        for k in short[:left]:
            widths[k] += 1
        left -= min(left, len(short))
    return widths


def show_answer(text: str) -> None:
    """Print the sentence that answers, and an empty line."""
    show_folded(text)
    print()


def show_folded(*texts: str) -> None:
    """Print lines; in a terminal they are folded between words, with their indentation."""
    whole = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    room = min(LINE, Console().width)
    for text in map(visible, texts):
        indent = " " * (len(text) - len(text.lstrip()))
        lines = [text.lstrip()] if whole else fold(text, max(20, room - len(indent)))
        print("\n".join(indent + line for line in lines))


def show(*things: Table | str) -> None:
    """Print tables and lines, in which every character can be seen."""
    for thing in things:
        if isinstance(thing, str):
            print(visible(thing))
            continue
        whole = not sys.stdout.isatty() and "COLUMNS" not in os.environ
        columns = thing.needed if whole and isinstance(thing, Grid) else None
        Console(width=columns, markup=False, emoji=False, highlight=False).print(thing)
