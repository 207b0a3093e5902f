"""Reservations: units set aside for a basket, with an expiry, before there is an order."""
