"""Verbs: queries, mutations and subscriptions, one file per concept; and the schema that they make together."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.assemblies import AssemblyQuery
from resolvers.backorders import BackorderQuery
from resolvers.bulk import BulkQuery
from resolvers.catalog import CatalogQuery
from resolvers.consistency import ConsistencyQuery
from resolvers.imports import ImportQuery, ImportSubscription
from resolvers.live import LiveQuery, LiveSubscription
from resolvers.live_stock import StockLiveQuery, StockLiveSubscription
from resolvers.live_work import WorkLiveSubscription
from resolvers.locations import LocationQuery
from resolvers.mutations import Mutation
from resolvers.orders import OrderQuery
from resolvers.reservations import ReservationQuery
from resolvers.stock import StockQuery
from resolvers.supplies import SupplyQuery
from resolvers.tracking import TrackingQuery
from resolvers.transfers import TransferQuery
from resolvers.viewer import ViewerQuery
from schema.errors import ERROR_TYPES
from schema.events import EVENT_TYPES
from schema.scalars import SCALARS
from schema.stock_events import STOCK_EVENT_TYPES
from schema.views import ReaderPerOperation


@strawberry.type(description="What can be asked.")
class Query(
    OrderQuery,
    CatalogQuery,
    LocationQuery,
    StockQuery,
    ConsistencyQuery,
    BackorderQuery,
    SupplyQuery,
    ReservationQuery,
    BulkQuery,
    ImportQuery,
    TrackingQuery,
    ViewerQuery,
    LiveQuery,
    StockLiveQuery,
    TransferQuery,
    AssemblyQuery,
):
    pass


@strawberry.type(description="What can be watched.")
class Subscription(LiveSubscription, WorkLiveSubscription, StockLiveSubscription, ImportSubscription):
    pass


def build_schema() -> strawberry.Schema:
    """The whole schema. The server adds extensions of its own in front of these."""
    return strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        types=[*EVENT_TYPES.values(), *STOCK_EVENT_TYPES.values(), *ERROR_TYPES],
        extensions=[ReaderPerOperation],
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
    )
