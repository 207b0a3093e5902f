"""What mutations of assemblies answer."""

import strawberry

from schema.assemblies import Assembly
from schema.payloads import Payload, now


@strawberry.type(description="What became of planning an assembly.")
class AssemblyCreatePayload(Payload):
    """The answer of `assemblyCreate`."""

    assembly: Assembly | None = now("The assembly", is_new=True)


@strawberry.type(description="What became of releasing an assembly.")
class AssemblyReleasePayload(Payload):
    """The answer of `assemblyRelease`."""

    assembly: Assembly | None = now("The assembly")


@strawberry.type(description="What became of making the kits of an assembly.")
class AssemblyCompletePayload(Payload):
    """The answer of `assemblyComplete`."""

    assembly: Assembly | None = now("The assembly")


@strawberry.type(description="What became of calling an assembly off.")
class AssemblyCancelPayload(Payload):
    """The answer of `assemblyCancel`."""

    assembly: Assembly | None = now("The assembly")
