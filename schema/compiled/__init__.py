"""Reads at the database's speed: a whole query operation becomes one SQL statement whose text is the response.

The door is `CompiledReader`. Whatever it cannot compile it refuses with NotCompilable, and runs the usual way.
"""

from schema.compiled.fragments import Fetch
from schema.compiled.operations import Operation, Plans
from schema.compiled.payloads import Verb, verb_of
from schema.compiled.plan import NotCompilable, Reason
from schema.compiled.reader import CompiledReader
from schema.compiled.tails import TailPlan, Told
from schema.compiled.tellings import Telling, telling_of
from schema.compiled.things import SameWords, Things

__all__ = [
    "CompiledReader",
    "Fetch",
    "NotCompilable",
    "Operation",
    "Plans",
    "Reason",
    "SameWords",
    "TailPlan",
    "Telling",
    "Things",
    "Told",
    "Verb",
    "telling_of",
    "verb_of",
]
