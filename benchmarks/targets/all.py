"""The targets that there are, by name, in the order of the tables."""

from collections.abc import Mapping

from benchmarks.targets import Target
from benchmarks.targets.bare import BARE
from benchmarks.targets.peers import MERCURIUS, POSTGRAPHILE
from benchmarks.targets.waybill import WAYBILL

TARGETS: Mapping[str, Target] = {each.name: each for each in (WAYBILL, BARE, POSTGRAPHILE, MERCURIUS)}
