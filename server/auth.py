"""Who asks: signed tokens of staff and customers, and tracking links that open one order."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from starlette.requests import Request

from domain.flows.open_tracking_link import hash_of
from domain.kernel.actor import ANONYMOUS, Actor, ActorKind, Role, customer, staff, tracking_link
from domain.tracking.models import TrackingLinkRow
from server.answers import UNAUTHENTICATED, Refused
from server.away import OF_THE_DATABASE, Away, is_away

ISSUER = "waybill"
ALGORITHM = "HS256"
LONGEST_SUBJECT = 70  # what stands behind `staff:` in audit records
LONGEST_CREDENTIALS = 4_096
KNOWN_TOKENS = 10_000
TRACKING_COOKIE = "waybill_tracking"
LEEWAY = timedelta(seconds=10)
STAFF_ROLES = frozenset(Role) - {Role.CUSTOMER}


class BadCredentials(Refused):
    """Credentials were sent, and are none of ours: unknown, expired or malformed look the same."""

    def __init__(self) -> None:
        message = "These credentials are not valid, or not any more."
        super().__init__(401, UNAUTHENTICATED, message, ("WWW-Authenticate", "Bearer"))


@dataclass(frozen=True)
class Identity:
    """Who asks, and until when we believe it; the anonymous are so for ever.

    `issued_at` is when their token was made, in seconds of Unix time; `link_id` is the tracking link that they hold.
    """

    actor: Actor
    expires_at: datetime | None = None
    issued_at: float = 0.0
    link_id: UUID | None = None

    @property
    def party(self) -> str | None:
        """Who their streams are counted for: the link, for families share one; None when it is nobody."""
        if self.link_id is not None:
            return party_of_link(self.link_id)
        return None if self.actor.scope.actor_kind is ActorKind.ANONYMOUS else self.actor.principal


NOBODY = Identity(ANONYMOUS)


def party_of_link(link_id: UUID) -> str:
    """All who hold this tracking link."""
    return f"link:{link_id.hex}"


def authorization_of(request: Request) -> str | None:
    """What a request that changes nothing says of who sends it: its Authorization, or the cookie of a tracking link.

    Browsers send cookies by themselves, also for a foreign page; so the API's own POST and sockets never look at it.
    """
    given, token = request.headers.get("authorization"), request.cookies.get(TRACKING_COOKIE)
    return given if given or not token else f"Tracking {token}"


@dataclass(frozen=True)
class Authenticator:
    """Recognises whoever holds a token that was signed with `key`, or a tracking link of the database.

    `not_before` are principals whose older tokens were revoked, and since when theirs are believed again.
    """

    key: str
    not_before: Mapping[str, float] = field(default_factory=dict, repr=False, compare=False)
    # Tokens whose signature was checked: the same few come again and again.
    _known: OrderedDict[str, Identity] = field(default_factory=OrderedDict, repr=False, compare=False)

    async def identify(self, authorization: str | None) -> Identity:
        """Who sends this Authorization header; without one the anonymous. Raises BadCredentials and Away."""
        if authorization is None or not authorization.strip():
            return NOBODY
        if len(authorization) > LONGEST_CREDENTIALS:
            raise BadCredentials
        scheme, _, credentials = authorization.strip().partition(" ")
        match scheme.lower():
            case "bearer":
                return self._known_bearer(credentials.strip())
            case "tracking":
                return await _tracking(credentials.strip())
        raise BadCredentials

    def issue(self, actor: Actor, *, expires_in: timedelta) -> str:
        """A token that says: this is `actor`, a member of staff or a customer, until it expires."""
        now = datetime.now(UTC)
        # To the microsecond: what is issued right after a revocation is believed, what was issued right before is not.
        claims = {"iss": ISSUER, "aud": ISSUER, "iat": now.timestamp(), "exp": now + expires_in}
        match actor.scope.actor_kind:
            case ActorKind.CUSTOMER:
                assert actor.scope.customer_id is not None, "a customer without an id"
                claims |= {"sub": actor.scope.customer_id.hex, "roles": [Role.CUSTOMER]}
            case ActorKind.STAFF:
                claims |= {"sub": actor.principal.removeprefix("staff:"), "roles": list(actor.roles)}
            case kind:
                raise AssertionError(f"no tokens are made for {kind}")
        return jwt.encode(claims, self.key, ALGORITHM)

    def _known_bearer(self, token: str) -> Identity:
        known = self._known.get(token)
        if known is None or known.expires_at is None or datetime.now(UTC) >= known.expires_at:
            known = self._known[token] = self._bearer(token)
            if len(self._known) > KNOWN_TOKENS:
                self._known.popitem(last=False)
        if known.issued_at < self.not_before.get(known.actor.principal, 0.0):
            raise BadCredentials
        return known

    def _bearer(self, token: str) -> Identity:
        try:
            claims = jwt.decode(
                token,
                self.key,
                algorithms=[ALGORITHM],
                audience=ISSUER,
                issuer=ISSUER,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            roles = [Role(role) for role in claims["roles"]]
            expires_at, issued_at = datetime.fromtimestamp(claims["exp"], UTC), float(claims.get("iat", 0))
            if roles == [Role.CUSTOMER]:
                return Identity(customer(UUID(hex=claims["sub"])), expires_at, issued_at)
            if not roles or not STAFF_ROLES.issuperset(roles):
                raise BadCredentials
            if not claims["sub"].isprintable() or not 1 <= len(claims["sub"]) <= LONGEST_SUBJECT:
                raise BadCredentials
            return Identity(staff(claims["sub"], *roles), expires_at, issued_at)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError, AttributeError):
            raise BadCredentials from None


async def _tracking(token: str) -> Identity:
    try:
        link = await TrackingLinkRow.get_or_none(token_hash=hash_of(token), revoked_at=None)
    except OF_THE_DATABASE as error:
        if not is_away(error):
            raise
        raise Away from error
    if link is None or link.expires_at <= datetime.now(UTC):
        raise BadCredentials
    return Identity(tracking_link(link.order_id), link.expires_at, link_id=link.id)
