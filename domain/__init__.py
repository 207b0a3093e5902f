"""The truth: what orders, stock, money and parcels are, and what may happen to them."""
