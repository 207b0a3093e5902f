"""Watching: how soon, and at what cost, a server tells its watchers what has happened to their orders."""
