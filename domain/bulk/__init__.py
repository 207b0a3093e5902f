"""Bulk runs: thousands of stock levels set or adjusted from a file, row by row, with progress."""
