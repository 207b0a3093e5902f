"""Imports: how far each file of orders is that is taken over from another system."""
