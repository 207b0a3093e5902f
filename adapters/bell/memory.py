"""The bell that rings within this process: nothing to install, and nothing that can be away."""

from broadcaster._backends.memory import MemoryBackend

from adapters.bell.ringing import BoundedBroadcast, BroadcastBell


class MemoryBell(BroadcastBell):
    """Rings within this process. Other processes on the same database find their events by polling."""

    def __init__(self) -> None:
        super().__init__(BoundedBroadcast(backend=MemoryBackend("memory://")))
