"""Scenario files: what a policymaker writes, and the scenario that the model runs."""

from expatsim.scenario.loading import check, load
from expatsim.scenario.rule_file import read_rule
from expatsim.scenario.scenario import Scenario
from expatsim.scenario.schema import json_schema

__all__ = ["Scenario", "check", "json_schema", "load", "read_rule"]
