"""Customers: who buys."""
