"""Assemblies: kits that are made to stock out of their components."""
