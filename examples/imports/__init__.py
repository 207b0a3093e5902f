"""Mappings of real data sets, and what they need to be one file."""
