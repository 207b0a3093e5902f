"""Who listens to this process: so many at once, so many streams for each, and none whose access was revoked."""

from collections.abc import Callable

from graphql import GraphQLError

from server.answers import LIMIT, SOON, Refused
from server.auth import NOBODY, Identity
from server.draining import Draining
from server.open_files import room_for_listeners
from server.settings import Settings

STOPPING = "The server is about to stop. Nothing was begun: try again in a moment."
FULL = "As many clients listen to this server as it has room for. Nothing was begun: try again in a few seconds."


class TooMany(Refused):
    """Whoever asks has as many sockets or streams as they may have at once; the sentence says what to do.

    It may well pass by itself: what they lost without a word is noticed after a while.
    """

    def __init__(self, message: str) -> None:
        super().__init__(429, LIMIT, message, come_back=(5, 15))

    @property
    def error(self) -> GraphQLError:
        """How an operation on a socket is refused."""
        return GraphQLError(str(self), extensions={"code": LIMIT, "retryAfter": self.retry_after})


class Party:
    """Whoever their sockets and streams are counted for: a person, or all who hold one tracking link."""

    __slots__ = ("listeners", "sockets", "streams")

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.sockets = self.streams = 0


class Listener:
    """A socket with any number of streams, or one stream of server-sent events: whose it is, until it is closed.

    `tell_revoked` is called when the access of its owner is revoked.
    """

    __slots__ = ("_house", "_is_socket", "_named", "_party", "identity", "tell_revoked")

    def __init__(self, house: "Listeners", identity: Identity, *, is_socket: bool) -> None:
        self._house, self._is_socket, self.identity = house, is_socket, identity
        self._named: set[str] = set()
        self._party: Party | None = None
        self.tell_revoked: Callable[[], None] | None = None

    def become(self, identity: Identity) -> None:
        """From now on it is theirs. Raises TooMany for one socket more than they may have."""
        self.identity = identity
        if identity.party is None:
            return
        party = self._house.party(identity.party)
        if self._is_socket and party.sockets >= (most := self._house.most_sockets(identity)):
            raise TooMany(f"You have {most} sockets open: close one of them.")
        self._party = party
        party.listeners.add(self)
        party.sockets += self._is_socket

    def begin(self, named: str) -> None:
        """A stream begins on it, by a name of its own. Raises TooMany for one more than its owner may have."""
        party = self._party
        if party is not None and named not in self._named:
            if party.streams >= (most := self._house.most_streams(self.identity)):
                raise TooMany(f"You have {most} streams open, which is the most at once: end one, and try again.")
            self._named.add(named)
            party.streams += 1

    def end(self, named: str) -> None:
        """The stream of that name is over, if it had begun."""
        if self._party is not None and named in self._named:
            self._named.discard(named)
            self._party.streams -= 1

    def close(self) -> None:
        """It is gone, and its streams with it; once and for all."""
        if (party := self._party) is not None:
            party.streams -= len(self._named)
            party.sockets -= self._is_socket
            party.listeners.discard(self)
            self._named.clear()
            self._party = None
        self.tell_revoked = None
        self._house.forget(self)

    def revoke(self) -> None:
        """Tell it, once, that its owner may listen no more."""
        tell, self.tell_revoked = self.tell_revoked, None
        if tell is not None:
            tell()


class Listeners:
    """The sockets and streams of one process."""

    def __init__(self, settings: Settings, draining: Draining) -> None:
        self._settings, self.draining = settings, draining
        self._most = room_for_listeners(settings.max_listeners)
        self._open: set[Listener] = set()
        self._parties: dict[str, Party] = {}

    def __len__(self) -> int:
        return len(self._open)

    def why_closed(self) -> str | None:
        """Why nobody is let in at present, as a sentence; None when there is room."""
        if self.draining.is_closing:
            return STOPPING
        return FULL if len(self._open) >= self._most else None

    def socket(self) -> Listener:
        """A socket that has been accepted, nobody's at first."""
        return self._opened(NOBODY, is_socket=True)

    def stream(self, identity: Identity) -> Listener:
        """One stream of server-sent events. Raises Refused, and TooMany for one more than its owner may have."""
        if (reason := self.why_closed()) is not None:
            raise Refused(503, LIMIT, reason, come_back=SOON)
        listener = self._opened(identity, is_socket=False)
        try:
            listener.become(identity)
            listener.begin("")
        except TooMany:
            listener.close()
            raise
        return listener

    def of(self, name: str) -> tuple[Listener, ...]:
        """Those of one party."""
        party = self._parties.get(name)
        return tuple(party.listeners) if party is not None else ()

    def counted(self, name: str) -> tuple[int, int]:
        """How many sockets and how many streams a party has."""
        party = self._parties.get(name)
        return (party.sockets, party.streams) if party is not None else (0, 0)

    # -- what a listener asks -------------------------------------------------------------------------------------
    def most_sockets(self, identity: Identity) -> int:
        """How many sockets they may have at once."""
        if identity.link_id is None:
            return self._settings.actor_sockets
        return min(self._settings.actor_sockets, self._settings.link_streams)

    def most_streams(self, identity: Identity) -> int:
        """How many streams they may have at once."""
        return self._settings.actor_streams if identity.link_id is None else self._settings.link_streams

    def party(self, name: str) -> Party:
        """Theirs, made when it is first asked for."""
        return self._parties.setdefault(name, Party())

    def forget(self, listener: Listener) -> None:
        """It is closed; a party that has nothing else open is forgotten too."""
        self._open.discard(listener)
        name = listener.identity.party
        if name is not None and not self.of(name):
            self._parties.pop(name, None)

    def _opened(self, identity: Identity, *, is_socket: bool) -> Listener:
        listener = Listener(self, identity, is_socket=is_socket)
        self._open.add(listener)
        return listener
