"""Queries about assemblies."""

import strawberry

from schema.assemblies import ASSEMBLY_ORDERINGS, Assembly, AssemblyOrdering, AssemblyWhere, which_assembly
from schema.views import Connection, connection, named


@strawberry.type(description="Kits that are made to stock.")
class AssemblyQuery:
    assemblies: Connection[Assembly] = connection(
        ASSEMBLY_ORDERINGS,
        where=AssemblyWhere,
        order_by=AssemblyOrdering,
        doc="Assemblies, the newest first; for staff.",
    )
    assembly: Assembly | None = named(
        which_assembly,
        id=(strawberry.ID, "Its global id."),
        doc="One assembly; null when it is not there, or not for you to see.",
    )
