"""Lots: which of a level's units were made together, and which of them leave first."""
