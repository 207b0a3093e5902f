"""Verbs about assemblies."""

from typing import Annotated

import strawberry

from domain.flows.complete_assembly import complete_assembly
from domain.flows.plan_assembly import cancel_assembly, plan_assembly, release_assembly
from resolvers.mutations.deed import ASKED, Info, done
from schema.assemblies import Assembly
from schema.assembly_payloads import (
    AssemblyCancelPayload,
    AssemblyCompletePayload,
    AssemblyCreatePayload,
    AssemblyReleasePayload,
)
from schema.inputs.assemblies import (
    AssemblyCancelInput,
    AssemblyCompleteInput,
    AssemblyCreateInput,
    AssemblyReleaseInput,
)


@strawberry.type
class AssemblyMutations:
    """Verbs about assemblies."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Plan to make kits to stock out of their components. Nothing is set aside yet."
    )
    async def assembly_create(self, info: Info, input: Annotated[AssemblyCreateInput, ASKED]) -> AssemblyCreatePayload:
        return await done(info, plan_assembly, input, AssemblyCreatePayload, assembly=Assembly)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Set the components of an assembly aside at its location, all of them or none."
    )
    async def assembly_release(
        self, info: Info, input: Annotated[AssemblyReleaseInput, ASKED]
    ) -> AssemblyReleasePayload:
        return await done(info, release_assembly, input, AssemblyReleasePayload, assembly=Assembly)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Say how many kits were made: components leave the books, kits come in, what was not needed "
        "is free again."
    )
    async def assembly_complete(
        self, info: Info, input: Annotated[AssemblyCompleteInput, ASKED]
    ) -> AssemblyCompletePayload:
        return await done(info, complete_assembly, input, AssemblyCompletePayload, assembly=Assembly)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Call an assembly off. Its components are free again."
    )
    async def assembly_cancel(self, info: Info, input: Annotated[AssemblyCancelInput, ASKED]) -> AssemblyCancelPayload:
        return await done(info, cancel_assembly, input, AssemblyCancelPayload, assembly=Assembly)
