"""Locations: places that hold and ship stock."""
