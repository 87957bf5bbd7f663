"""The processes of a month, one file each, in the order in which they happen.

Every rule has ``Rates`` (the numbers it uses), ``rates`` (how parameters, levers and climate make
them) and ``step`` (new state from old). ``ORDER`` is the one list that engine, documents and tests
use, unless a scenario brings rules of its own. Rules are pure array functions: they know nothing of
files, scenarios or Mesa.
"""

from __future__ import annotations

from typing import Any

from expatsim.model.rules import (
    arrival,
    awareness,
    contract,
    counting,
    departure,
    economy,
    friendship,
    language,
    welcome,
    wish,
)

# a name and a module, or anything else with Rates, rates and step
Order = tuple[tuple[str, Any], ...]

ORDER: Order = (
    ("arrival", arrival),
    ("economy", economy),
    ("awareness", awareness),
    ("language", language),
    ("friendship", friendship),
    ("welcome", welcome),
    ("wish", wish),
    ("contract", contract),
    ("departure", departure),
    ("counting", counting),
)
