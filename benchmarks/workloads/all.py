"""The workloads that there are, by name. Another one is a module with a Workload, and a line here."""

from collections.abc import Mapping

from benchmarks.workloads import Workload
from benchmarks.workloads.reads import DEEP_PAGE, FIRST_PAGE, ONE_ORDER
from benchmarks.workloads.scans import SCANS
from benchmarks.workloads.writes import HOT, SPREAD

WORKLOADS: Mapping[str, Workload] = {each.name: each for each in (FIRST_PAGE, DEEP_PAGE, ONE_ORDER, SPREAD, HOT, SCANS)}
