"""What can be done: one file of verbs per concept, merged here."""

import strawberry

from resolvers.mutations.assemblies import AssemblyMutations
from resolvers.mutations.bulk import BulkMutations
from resolvers.mutations.catalog import CatalogMutations
from resolvers.mutations.channels import ChannelMutations
from resolvers.mutations.consistency import ConsistencyMutations
from resolvers.mutations.money import MoneyMutations
from resolvers.mutations.orders import OrderMutations
from resolvers.mutations.reservations import ReservationMutations
from resolvers.mutations.returns import ReturnMutations
from resolvers.mutations.stock import StockMutations
from resolvers.mutations.stock_facts import StockFactMutations
from resolvers.mutations.supplies import SupplyMutations
from resolvers.mutations.tracking import TrackingMutations
from resolvers.mutations.transfers import TransferMutations
from resolvers.mutations.variants import VariantMutations
from resolvers.mutations.work import WorkMutations


@strawberry.type(description="What can be done. Each verb takes one `input`, and answers with what became of it.")
class Mutation(
    OrderMutations,
    WorkMutations,
    MoneyMutations,
    ReturnMutations,
    TrackingMutations,
    StockMutations,
    ConsistencyMutations,
    StockFactMutations,
    SupplyMutations,
    ChannelMutations,
    BulkMutations,
    TransferMutations,
    AssemblyMutations,
    ReservationMutations,
    CatalogMutations,
    VariantMutations,
):
    """Every verb of the API."""
