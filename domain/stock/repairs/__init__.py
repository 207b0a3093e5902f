"""Counters that drifted, and how they are set right."""
