"""How a read refuses a request: top-level errors whose `extensions.code` a client can switch on."""

from graphql import GraphQLError


def bad_request(message: str) -> GraphQLError:
    """The request cannot mean anything: mend it before sending it again."""
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def limit_exceeded(message: str) -> GraphQLError:
    """The request means something, but asks for too much at once."""
    return GraphQLError(message, extensions={"code": "LIMIT"})


def storable(text: str) -> str:
    """The text, if a database can hold it. Raises ValueError for NUL (PostgreSQL) and lone surrogates (both)."""
    if "\0" in text:
        raise ValueError("a NUL character")
    text.encode()
    return text
