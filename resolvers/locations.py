"""Queries about locations."""

import strawberry

from schema.locations import Location, LocationWhere
from schema.views import Connection, connection


@strawberry.type(description="The places that hold and ship stock.")
class LocationQuery:
    locations: Connection[Location] = connection(("code",), where=LocationWhere, doc="Locations, by code; for staff.")
