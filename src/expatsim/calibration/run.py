"""A whole calibration: sampling, diagnostics, and the files of both."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from expatsim.calibration import diagnostics, inference, likelihood, page, sampler
from expatsim.calibration.sampler import Chains, Progress, kept_draws
from expatsim.calibration.settings import Settings
from expatsim.executors import Executor, open_executor
from expatsim.extras import require
from expatsim.files import Work, claim, replacing, writing
from expatsim.posterior import DRAWS
from expatsim.posterior.inference import DIGEST, INFERENCE
from expatsim.posterior.record import RECORD, calibration_fingerprint
from expatsim.version import version

if TYPE_CHECKING:
    import pandas as pd

KEEP_AFTER = 5.0  # seconds between two writings of the clock
# files beside the record
WRITTEN = (
    DRAWS,
    INFERENCE,
    "predictions.npz",
    "parameters.csv",
    "sensitivities.csv",
    "targets.csv",
    "targets.png",
    "parameters.png",
    "diagnostics.md",
)


def run_calibration(
    settings: Settings,
    folder: Path,
    *,
    resume: bool = False,
    progress: Progress = sampler.no_progress,
    scheduler: str | None = None,
    processes: int = 1,
) -> pd.DataFrame:
    """Table of a calibration's parameters; draws, record, page and tables are written to disk.

    Parameters
    ----------
    settings : Settings
        Sizes, seed and targets, as from :func:`expatsim.calibration.settings.load_settings`.
    folder : pathlib.Path
        Folder for checkpoints and results; new, or one to resume.
    resume : bool
        Go on with a calibration that was stopped, or give its chains more steps; other settings and
        the code must be the same.
    progress : callable
        See :func:`expatsim.calibration.sampler.calibrate`.
    scheduler : str, optional
        Address of a Dask scheduler whose workers simulate; by default this machine does.
    processes : int
        Processes on this machine that simulate, where there is no scheduler. The same bits.

    Returns
    -------
    pandas.DataFrame
        One row for each parameter, from :func:`expatsim.calibration.diagnostics.parameters`.
    """
    require("research", "a calibration")
    advice = "what is done is kept, go on with --resume"
    with claim(folder / RECORD, shown=folder) as work, writing(folder, advice):
        clock = Clock(folder / "clock.json")

        def report(stage: str, done: int, total: int, note: str) -> None:
            clock.keep()
            progress(stage, done, total, note)

        with open_executor(scheduler, processes) as executor:
            chains = sampler.calibrate(
                settings, folder, resume=resume, progress=report, executor=executor
            )
            progress("diagnostics", 0, 1, "")
            table = finish(chains, settings, work, clock, executor)
            progress("diagnostics", 1, 1, "")
    return table


class Clock:
    """Clock of the work on a calibration, over all its resumptions; saved every few seconds.

    Parameters
    ----------
    path : pathlib.Path
        File with the seconds so far; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.before = self._read() if path.exists() else 0.0
        self.begin = self.kept = time.monotonic()

    def _read(self) -> float:
        try:
            return float(json.loads(self.path.read_bytes()))
        except (ValueError, TypeError) as error:
            raise sampler.damaged(self.path) from error

    @property
    def seconds(self) -> float:
        """Seconds of work until now."""
        return self.before + time.monotonic() - self.begin

    def keep(self) -> None:
        """Save the seconds so far, at most every ``KEEP_AFTER`` seconds."""
        if time.monotonic() - self.kept > KEEP_AFTER:
            with replacing(self.path) as work:
                work.write_text(json.dumps(self.seconds), encoding="utf-8")
            self.kept = time.monotonic()


def finish(
    chains: Chains, settings: Settings, work: Work, clock: Clock, executor: Executor
) -> pd.DataFrame:
    """Table of the parameters; everything that follows from the chains is written into ``work``.

    Parameters
    ----------
    chains : Chains
        The finished chains.
    settings : Settings
        Settings of the calibration.
    work : Work
        The folder of the calibration, held by this process.
    clock : Clock
        Seconds of work so far.
    executor : Executor
        Executor that simulates the kept draws once more.
    """
    import pandas as pd

    table = diagnostics.parameters(chains, settings)
    z = kept_draws(chains, settings)
    study, effect = diagnostics.simulate_again(z, chains, settings, executor)
    fit = diagnostics.predictive(study, effect, settings.chosen_targets())
    names = list(settings.parameters())
    pairs = diagnostics.trade_offs(chains, names)
    noise = diagnostics.noise(chains, settings, executor=executor)
    scaled = diagnostics.sensitivities(chains, names)
    converged = diagnostics.has_converged(table)
    told = f"{table['informed'].sum()} of {len(table)}"
    findings: dict[str, Any] = {
        "converged": "yes" if converged else "NO: give more steps",
        "draws kept": len(z),
        "chains": f"{chains.z.shape[0]} of {chains.z.shape[1]} steps after {settings.burn}",
        "acceptance": round(chains.acceptance, 3),
        "worst R-hat": round(float(table["rhat"].max()), 4),
        "fewest effective draws (bulk)": int(table["ess_bulk"].min()),
        "fewest effective draws (tails)": int(table["ess_tail"].min()),
        "cells inside their 90 % interval": f"{fit['inside_90'].sum()} of {len(fit)}",
        "cells outside their 99 % interval": int((~fit["inside_99"]).sum()),
        "noise of the log-likelihood, standard deviation (median of 8 vectors)": round(
            float(np.median(noise)), 2
        ),
        "parameters informed": told if converged else "not known (NOT CONVERGED)",
        "seconds": round(clock.seconds),
    }
    draws = pd.DataFrame(likelihood.from_scores(z, settings.parameters())).astype(np.float32)
    (work / DRAWS).write_bytes(draws.to_parquet(compression="zstd"))
    made = {
        "expatsim": version(),
        "fingerprint": calibration_fingerprint(),
        DIGEST: hashlib.sha256((work / DRAWS).read_bytes()).hexdigest(),
    }
    tree = inference.tree_of(z, study, effect, settings, {"title": settings.title, **made})
    (work / INFERENCE).write_bytes(inference.content(tree))
    record = {
        **made,
        "settings": settings.model_dump(),
        "diagnostics": findings,
        # not rounded: what is informed would be another at the limit
        "informed": {name: float(f"{r:.6g}") for name, r in table["ratio"].items()},
    }
    np.savez(work / "predictions.npz", effect=effect, **cast(Any, study))
    known = table if converged else table.assign(informed=np.nan)  # chains that stand still narrow
    known.to_csv(work / "parameters.csv", float_format="%.5g", index_label="parameter")
    fit.to_csv(work / "targets.csv", float_format="%.5g", index=False)
    page.draw_targets(fit, work / "targets.png")
    page.draw_parameters(table, work / "parameters.png")
    scaled.to_csv(work / "sensitivities.csv", float_format="%.5g", index=False)
    text = page.text(settings, findings, table, fit, pairs, scaled)
    (work / "diagnostics.md").write_text(text, encoding="utf-8")
    # the record comes last: a folder without it is not a whole calibration
    (work / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    work.publish([*WRITTEN, RECORD])
    return table
