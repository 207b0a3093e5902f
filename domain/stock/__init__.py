"""Stock: units per SKU and location, and the ledger that explains every one of them."""
