"""Backorders: units that were sold before they are there, and the order in which arrivals serve them."""
