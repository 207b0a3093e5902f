"""How fast Waybill is, beside hand-written SQL and beside peers: `uv run python -m benchmarks`."""
