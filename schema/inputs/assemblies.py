"""What assemblies of kits are given."""

import strawberry

from domain.flows.complete_assembly import CompleteAssembly
from domain.flows.plan_assembly import CancelAssembly, PlanAssembly, ReleaseAssembly
from schema.inputs.intentions import Intention, local_id


@strawberry.input(description="Kits are to be made to stock.")
class AssemblyCreateInput(Intention):
    """What `assemblyCreate` is given."""

    sku: str = strawberry.field(description="Of which kit.")
    location: strawberry.ID = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="How many kits.")
    note: str | None = strawberry.field(default=None, description="At most 300 characters.")

    def request(self) -> PlanAssembly:
        """What `plan_assembly` is asked."""
        return PlanAssembly(self.sku, local_id("location", self.location, "location"), self.quantity, self.note)


@strawberry.input(description="An assembly can be made.")
class AssemblyReleaseInput(Intention):
    """What `assemblyRelease` is given."""

    assembly: strawberry.ID = strawberry.field(description="Which assembly.")

    def request(self) -> ReleaseAssembly:
        """What `release_assembly` is asked."""
        return ReleaseAssembly(local_id("assembly", self.assembly, "assembly"))


@strawberry.input(description="The kits of an assembly are made.")
class AssemblyCompleteInput(Intention):
    """What `assemblyComplete` is given."""

    assembly: strawberry.ID = strawberry.field(description="Which assembly.")
    made: int | None = strawberry.field(default=None, description="Kits that were made; all when it is not said.")

    def request(self) -> CompleteAssembly:
        """What `complete_assembly` is asked."""
        return CompleteAssembly(local_id("assembly", self.assembly, "assembly"), self.made)


@strawberry.input(description="An assembly is not needed.")
class AssemblyCancelInput(Intention):
    """What `assemblyCancel` is given."""

    assembly: strawberry.ID = strawberry.field(description="Which assembly.")

    def request(self) -> CancelAssembly:
        """What `cancel_assembly` is asked."""
        return CancelAssembly(local_id("assembly", self.assembly, "assembly"))
