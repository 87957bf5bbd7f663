"""Results and stores as other programs read them: SQL in DuckDB, tables in R."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import expatsim as xs
from expatsim.sweeps import sweep
from helpers import small
from sweep_files import file

RSCRIPT = shutil.which("Rscript")
READ = """
folder <- commandArgs(TRUE)[1]
table <- read.csv(file.path(folder, "summary.csv"))
stopifnot(is.numeric(table$median), is.numeric(table$difference_median))
row <- table[table$scenario == "rotterdam" & table$outcome == "welcome", ]
cat(nrow(table), names(table)[4], row$unit, format(row$median, digits = 17), "\\n")
"""
CATALOGUE = """
if (!requireNamespace("RSQLite", quietly = TRUE)) quit(status = 77)
file <- file.path(commandArgs(TRUE)[1], "catalogue.sqlite")
con <- DBI::dbConnect(RSQLite::SQLite(), file, flags = RSQLite::SQLITE_RO)
runs <- DBI::dbGetQuery(con, "SELECT run, status, seconds FROM catalogue ORDER BY run")
cat(nrow(runs), unique(runs$status), all(runs$seconds > 0), "\\n")
DBI::dbDisconnect(con)
"""


def test_sql_over_the_files_of_a_sweep(tmp_path: Path) -> None:
    store = sweep(file(tmp_path, samples=4), tmp_path / "runs")
    folder = store.folder
    found = duckdb.sql(
        f"SELECT run, leave_choice, welcome FROM '{folder}/design.parquet' "
        f"JOIN '{folder}/results/*.parquet' USING (run) ORDER BY run"
    ).df()
    frame = store.frame()[["leave_choice", "welcome"]].reset_index()
    pd.testing.assert_frame_equal(found, frame, check_dtype=False)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pair = [small(f"rotterdam{x}", 0.03, 24) for x in ("", "-english-information")]
    return xs.compare(pair, draws=2).save(tmp_path_factory.mktemp("r") / "out", plots=False)


def test_sql_over_the_files_of_a_result(stored: Path) -> None:
    found = duckdb.sql(
        f"SELECT month, avg(people) AS people FROM '{stored}/indicators.parquet' "
        "WHERE scenario = 'rotterdam' AND indicator = 'here' GROUP BY month ORDER BY month"
    ).df()
    here = xs.open_result(stored).dataset["here"].sel(scenario="rotterdam").mean("draw")
    assert found["month"].tolist() == here["month"].to_numpy().tolist()
    assert found["people"].tolist() == here.to_numpy().tolist()


@pytest.mark.skipif(RSCRIPT is None, reason="this machine has no R (no Rscript on the PATH)")
def test_r_reads_the_tables(stored: Path, tmp_path: Path) -> None:
    script = tmp_path / "read.R"
    script.write_text(READ)
    done = subprocess.run(
        [str(RSCRIPT), str(script), str(stored)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    rows, fourth, unit, median = done.stdout.splitlines()[-1].split()
    table = pd.read_csv(stored / "summary.csv")
    wanted = table.query("scenario == 'rotterdam' and outcome == 'welcome'").iloc[0]
    assert (int(rows), fourth, unit) == (len(table), "unit", "share")
    assert float(median) == pytest.approx(wanted["median"], rel=1e-12)


@pytest.mark.skipif(RSCRIPT is None, reason="this machine has no R (no Rscript on the PATH)")
def test_r_reads_the_catalogue_of_a_sweep(tmp_path: Path) -> None:
    store = sweep(file(tmp_path, samples=4), tmp_path / "runs")
    script = tmp_path / "read.R"
    script.write_text(CATALOGUE)
    done = subprocess.run(
        [str(RSCRIPT), str(script), str(store.folder)], capture_output=True, text=True, timeout=60
    )
    if done.returncode == 77:
        pytest.skip("this R has no RSQLite")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["4", "done", "TRUE"]
