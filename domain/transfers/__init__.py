"""Transfers: stock that moves from one of our locations to another."""
