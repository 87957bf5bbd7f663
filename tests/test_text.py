"""What people write goes unharmed through terminal, files, pictures and pages."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import unicodedata
import warnings
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

import html5lib
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import expatsim as xs
from expatsim.cli import main
from expatsim.cli.progress import draws_done, scenario_draws
from expatsim.cli.terminal import cost_lines, summary_table
from expatsim.drawing import drawing, new_figure
from expatsim.files import for_spreadsheet, from_spreadsheet
from expatsim.report import plots
from expatsim.text import fold, labels, shorten, visible, width
from helpers import printed, small

HARD = (
    "Mentors [concept] for [b]all[/b] [/draft] [link=file:///etc/passwd]x[/link] :smile:",
    "Budget $a_b_c$, from $10% to $20%, \\$\\foo$ ^_^ #5 \\alpha {0} {x} %(x)s %d {{7*7}}",
    "<script>alert(1)</script> & \"quotes\" 'single' <!-- -- --> ]]>",
    "\x1b[31mred\x1b[0m\x1b]0;owned\x07 \x00 \x08 \x7f \x9b2J \ufffe \uffff",
    "evil \u202egnp.exe \u2066 \u2069 \u200e \u2028",
    "鹿特丹 英語 🙂 👩‍👩‍👧 שלום עולם مرحبا नमस्ते e\u0301 Z\u0351\u036b",
    "=1+1",
    "_hidden",
    "word " * 80,
    "W" * 300,
    "two\nlines\tand a tab",
    "   ",
    "",
)
texts = st.one_of(
    st.sampled_from(HARD),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=120),
    st.text("[]/$_^{}%\\=+-@'\"<>&:;,.ab \x1b\u202e", max_size=40),
)


@pytest.fixture(scope="module")
def result() -> xs.Result:
    base = small("rotterdam", 0.02, 12)
    costs = {"mentor_projects": {"per_year": 50_000.0}}
    others = [
        dataclasses.replace(small("rotterdam-mentor-projects", 0.02, 12), costs=costs),
        small("den-haag", 0.02, 12, weights="national"),  # so that it has a caution, too
    ]
    return xs.compare([base, *others], draws=2)


def titled(result: xs.Result, *words: str) -> xs.Result:
    """The same result with other titles and descriptions."""
    scenarios = [
        {**s, "title": t, "description": t, "title_nl": t, "description_nl": t, "author": t}
        for s, t in zip(result.provenance["scenarios"], words, strict=True)
    ]
    return xs.Result(result.dataset, provenance={**result.provenance, "scenarios": scenarios})


def named(result: xs.Result, *names: str) -> xs.Result:
    """The same result with other names of files."""
    scenarios = [
        {**s, "name": n, "title": n}
        for s, n in zip(result.provenance["scenarios"], names, strict=True)
    ]
    dataset = result.dataset.assign_coords(scenario=list(names))
    return xs.Result(dataset, provenance={**result.provenance, "scenarios": scenarios})


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@given(texts)
@settings(max_examples=300)
def test_nothing_stays_unseen(text) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert not any(unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "RLI") for c in shown)
    assert ET.fromstring(f"<a>{escape(shown)}</a>").text == (shown or None)
    html5lib.HTMLParser(strict=True).parse(f"<!DOCTYPE html><title>x</title><p>{escape(shown)}</p>")
    ordinary = all(unicodedata.category(c)[0] in "LMNPS" or c == " " for c in text)
    if ordinary:
        assert shown == text


@given(texts, st.integers(5, 60))
@settings(max_examples=200)
def test_folding_and_shortening_keep_to_the_width(text, columns) -> None:
    shown = visible(text)
    lines = fold(shown, columns)
    assert all(width(line) <= columns for line in lines)
    assert squeezed("".join(lines)) == squeezed(shown)
    assert width(shorten(shown, columns)) <= max(columns, 1)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), texts, max_size=6))
def test_labels_tell_apart(titles) -> None:
    for most in (None, 20):
        found = labels(titles, most)
        assert list(found) == list(titles)
        assert len(set(found.values())) == len(found)


def test_equal_titles_have_their_names() -> None:
    assert labels({"a": "Same", "b": "Other", "c": "Same"}) == {
        "a": "Same (a)",
        "b": "Other",
        "c": "Same (c)",
    }
    assert labels({"a": "X" * 50 + "1", "b": "X" * 50 + "2"}, 10) == {
        "a": "X" * 9 + "… (a)",
        "b": "X" * 9 + "… (b)",
    }


@given(st.lists(texts, min_size=3, max_size=3))
@settings(max_examples=15)
def test_terminal(result, words) -> None:
    own = titled(result, *words)
    for columns in (40, 400):
        shown = squeezed(printed(summary_table(own), columns))
        for title in labels(own.titles).values():
            assert all(word in shown for word in title.split() if width(word) < 16)
    lines = "\n".join(cost_lines(own))
    assert visible(lines.replace("\n", "")) == lines.replace("\n", "")


@given(st.lists(texts, min_size=3, max_size=3))
@settings(max_examples=6)
def test_saved_and_opened(result, tmp_path_factory, words) -> None:
    own = titled(result, *words)
    opened = xs.open_result(own.save(tmp_path_factory.mktemp("r") / "r", plots=False))
    assert opened.titles == own.titles
    described = [s["description"] for s in opened.provenance["scenarios"]]
    assert described == list(words)


names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=40
)


@given(st.lists(st.one_of(st.sampled_from([t for t in HARD if t and "\0" not in t]), names),
                min_size=3, max_size=3, unique=True))  # fmt: skip
@settings(max_examples=8)
def test_names_of_files(result, tmp_path_factory, words) -> None:
    own = named(result, *words)
    folder = own.save(tmp_path_factory.mktemp("r") / "r", plots=False)
    opened = xs.open_result(folder)
    assert [str(n) for n in opened.dataset["scenario"].to_numpy()] == words
    assert opened.dataset.equals(own.dataset)
    for file in ("summary.csv", "effects.csv"):
        read = pd.read_csv(folder / file, dtype=str, keep_default_na=False, lineterminator="\n")
        assert not any(re.match(r"\s*[=+@\-]", n) for n in read["scenario"])
        seen = set(from_spreadsheet(read)["scenario"])
        assert {n.replace("\r", "") for n in seen} <= {n.replace("\r", "") for n in words}
    printed(summary_table(own))


@given(st.lists(texts, min_size=3, max_size=3))
@settings(max_examples=40)
def test_pictures(words) -> None:
    with warnings.catch_warnings(), drawing({"svg.fonttype": "path"}):
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure, (ax,) = new_figure(4, 3)
        ax.set_title(visible(words[0]))
        ax.set_yticks([0, 1], [shorten(visible(w), 20) for w in words[1:]])
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg")
    ET.fromstring(buffer.getvalue())


@pytest.mark.parametrize("words", [HARD[:3], HARD[3:6]], ids=["a", "b"])
def test_pages_and_plots(result, tmp_path, words) -> None:
    own = titled(result, *words)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        files = plots.plot_all(own, tmp_path)
        page = own.report("nl", command=words[0])
    described = json.loads(Image.open(files[0]).text["Description"])
    assert [s["title"] for s in described] == list(words)
    tree = html5lib.HTMLParser(strict=True).parse(page)
    text = "".join(tree.itertext())
    assert not list(tree.iter("{http://www.w3.org/1999/xhtml}script"))
    for title in labels(own.titles).values():
        assert text.count(title) > 5


def test_legends_show_every_title(result) -> None:
    own = titled(result, "_hidden", "$x_1$", "Same")
    for draw in plots.PLOTS.values():
        shown = [t.get_text() for t in draw(own).legends[0].get_texts()]
        assert shown == ["_hidden", "$x_1$", "Same"]


def test_equal_titles_hide_nothing(result) -> None:
    page = titled(result, "Base", "Same", "Same").report()
    for title in ("Same (rotterdam-mentor-projects)", "Same (den-haag)"):
        assert page.count(f"<figcaption>{title}</figcaption>") == 2  # differences
        # lines of the charts of all scenarios, in words; few draws are rough
        assert page.count(f"“{title}”, roughly: ") >= 3
        beyond = page.split("Beyond what the model was calibrated for: ")[1].split("</p>")[0]
        assert f"“{title}”" in beyond
    shown = squeezed(printed(summary_table(titled(result, "Base", "Same", "Same"))))
    assert "(den-haag)" in shown


def test_bars_take_any_name(capsys) -> None:
    scenarios = [
        dataclasses.replace(small("rotterdam", 0.02, 12), name=n)
        for n in ("[/b]", "\x1b[31m", "x" * 300)
    ]
    with scenario_draws(scenarios) as tell:
        for s in scenarios:
            tell(s.name, 1)
    with draws_done() as tell:
        for s in scenarios:
            tell(s.name, 1)
    assert "\x1b[31m" not in capsys.readouterr().err


def test_command_line(tmp_path, monkeypatch, capsys) -> None:
    base = "city: rotterdam\nyears: 1\npopulation: {stock: 60, inflow: 20}\n"
    (tmp_path / "=1+1.yaml").write_text(f"title: Mentors [/draft] $x$\n{base}")
    (tmp_path / "\x1b[31m.yaml").write_text(f'title: "\\e[2J\\u202e [b]"\n{base}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "sys.argv", ["expatsim", "compare", "=1+1.yaml", "\x1b[31m.yaml", "--draws", "2"]
    )
    main_done(capsys)
    folder = next((tmp_path / "results").iterdir())
    first = pd.read_csv(folder / "summary.csv")["scenario"].iloc[0]
    assert first == "'=1+1"
    monkeypatch.setattr("sys.argv", ["expatsim", "check", "\x1b[31m.yaml", "\x1b[2J.yaml"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    out = capsys.readouterr()
    assert "\\x1b[2J.yaml: no such file" in out.err
    assert "\x1b" not in out.out + out.err


def main_done(capsys) -> None:
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    out = capsys.readouterr()
    assert "\x1b" not in out.out + out.err
    assert "\u202e" not in out.out + out.err
    assert "[/draft] $x$" in out.out


frames = st.lists(
    st.tuples(texts, st.one_of(texts, st.integers(-5, 5), st.floats(), st.none())), min_size=1
)


@given(frames)
@settings(max_examples=150)
def test_cells_are_safe_and_come_back(rows) -> None:
    frame = pd.DataFrame(rows, columns=["text", "mixed"]).astype(object)
    frame["number"] = -1.5
    made = for_spreadsheet(frame)
    for value in [*made["text"], *made["mixed"]]:
        assert not (isinstance(value, str) and re.match(r"\s*[=+\-@]", value))
    assert made["number"].equals(frame["number"])
    pd.testing.assert_frame_equal(from_spreadsheet(made).astype(object), frame.astype(object))
    for before, after in zip(frame["mixed"], made["mixed"], strict=True):
        assert isinstance(before, str) or before is after or before == after or before != before


def test_cells_that_are_made_safe() -> None:
    frame = pd.DataFrame({"=x": ["=1+1", "@SUM(A1)", "-2+3", "\t=1", "a=b", "'tis", "rotterdam"]})
    made = for_spreadsheet(frame)
    assert list(made.columns) == ["'=x"]
    assert list(made["'=x"]) == [
        "'=1+1", "'@SUM(A1)", "'-2+3", "'\t=1", "a=b", "'tis", "rotterdam",
    ]  # fmt: skip
