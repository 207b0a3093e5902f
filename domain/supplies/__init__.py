"""Supplies: what suppliers will bring, and when."""
