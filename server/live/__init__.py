"""Watching: whoever watches the same through the same document is told together, and what they are told is made once.

`Watching` is the door. A *channel* is one stream as one scope sees it, and the place up to which it was told; a *room*
is one document in it; a *seat* is one watcher, a socket's operation or a stream of events. A channel reads its stream
once when the bell has rung, each room makes one answer of each event, and each answer is written to every seat.
"""

from server.live.watching import Watch, Watching

__all__ = ["Watch", "Watching"]
