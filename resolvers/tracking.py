"""The query behind a tracking link."""

import strawberry

from schema.tracking import Tracking, which_tracking
from schema.views import named


@strawberry.type(description="What a tracking link opens.")
class TrackingQuery:
    tracking: Tracking | None = named(
        which_tracking, doc="The order of your tracking link; null for whoever asks without one."
    )
