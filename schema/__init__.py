"""Nouns: the types, inputs and errors of the API, each a view of rows that the domain keeps."""
