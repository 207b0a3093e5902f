"""A shop of our own invention to try things with, and mappings of real data sets."""
