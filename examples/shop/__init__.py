"""Lantern & Leaf, an invented shop for coffee, tea and the outdoor kitchen: its places, goods and people."""
