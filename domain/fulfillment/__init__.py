"""Fulfillment orders: the work of one location."""
