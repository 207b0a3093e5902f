"""Shipments, their parcels, and what carriers saw of them."""
