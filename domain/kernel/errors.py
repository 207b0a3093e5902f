"""Refusals: what the domain says no to, with the facts and a sentence that a buyer could read."""

from collections.abc import Sequence
from typing import ClassVar

Path = tuple[str, ...]


class DomainError(Exception):
    """A refusal: nothing was written. `path` names the input field; `retryable`: the same call may succeed later."""

    code: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def at(self, *prefix: str) -> "DomainError":
        """The same refusal, its field named from further out."""
        self.path = (*prefix, *self.path)
        return self


class Refusals(DomainError):
    """Several refusals of one request, so that all its faults can be mended at once."""

    code = "REFUSALS"

    def __init__(self, errors: Sequence[DomainError]) -> None:
        assert errors, "a refusal without a reason"
        super().__init__(" ".join(error.message for error in errors))
        self.errors = tuple(errors)


class InvalidInput(DomainError):
    """A value that can never be right; `path` names the field."""

    code = "INVALID_INPUT"


class MalformedId(DomainError):
    """Text that is not an id of the type asked for."""

    code = "MALFORMED_ID"

    def __init__(self, expected: str, given: str, *, path: Path = ()) -> None:
        shown = given if len(given) <= 60 else given[:57] + "..."
        super().__init__(f'"{shown}" is no {expected} id. Ids look like {expected}_ and 32 hex digits.', path=path)


class NotFound(DomainError):
    """There is no such thing, or this actor may not see it: the two look the same."""

    code = "NOT_FOUND"

    def __init__(self, what: str, name: str, *, path: Path = ()) -> None:
        super().__init__(f"There is no {what} {name}, or you may not see it.", path=path)
        self.what = what


class PermissionDenied(DomainError):
    """The actor is known, and may not do this."""

    code = "FORBIDDEN"

    def __init__(self, permission: str) -> None:
        super().__init__(f"This needs the permission {permission}.")
        self.permission = permission


class Unauthenticated(DomainError):
    """The actor is nobody yet, and this is not open to the anonymous."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("Sign in first: send a token as `Authorization: Bearer …`.")


class IllegalTransition(DomainError):
    """The thing's state does not allow the action, or something blocks it; `reason_code` says which rule."""

    code = "ILLEGAL_TRANSITION"

    def __init__(self, subject: str, action: str, status: str, reason_code: str, reason: str) -> None:
        super().__init__(reason)
        self.subject, self.action, self.status, self.reason_code = subject, action, status, reason_code


class StaleRevision(DomainError):
    """Somebody else edited it since it was read: read it again, then decide again."""

    code = "STALE_REVISION"

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(
            f"It was changed in the meantime: you saw revision {expected}, it is now {actual}. Load it again.",
            path=("expectedRevision",),
        )
        self.expected, self.actual = expected, actual


class KeyReused(DomainError):
    """The idempotency key already names another intention."""

    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self, key: str) -> None:
        super().__init__(
            f'The idempotency key "{key}" was already used with another input. Use a new key for a new intention.',
            path=("idempotencyKey",),
        )


class Busy(DomainError):
    """Others were changing the same rows for too long. Nothing was written: send the same request again."""

    code = "BUSY"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Others are changing the same thing right now. Nothing was written; please try again.")
