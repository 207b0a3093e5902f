"""Payments: what is expected, taken and given back."""
