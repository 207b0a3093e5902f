"""Business processes, one file each: the only door for writes."""
