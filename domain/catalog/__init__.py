"""The catalog: what is sold, in which variants, at which price."""
