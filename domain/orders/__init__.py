"""Orders: what was bought, at which price, and how far it is."""
