"""Nouns: the types, inputs and errors of the API, each a view of rows that the domain keeps."""

# First: they describe the domain's enums, which the types name. Strawberry would make enums of its own of those that it
# meets before, and then refuse the described ones.
import schema.enums
import schema.stock_enums  # noqa: F401
