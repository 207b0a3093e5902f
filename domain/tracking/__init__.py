"""Tracking links: one order, open to whoever holds the link."""
