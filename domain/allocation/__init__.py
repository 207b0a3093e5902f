"""Allocation: which location serves which requirement."""
