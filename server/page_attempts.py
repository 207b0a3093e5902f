"""How often an address asks for tracking links: remembered by this process, and by nothing else."""

import asyncio
from collections import OrderedDict, deque

MOST, WITHIN_SECONDS, KNOWN_ADDRESSES = 10, 3600.0, 10_000


class PageAttempts:
    """Ten an hour from one address. Orders are counted in the database, whoever asks (domain/tracking/service.py)."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def admits(self, address: str) -> bool:
        """Count an attempt; False when there were enough."""
        now = asyncio.get_running_loop().time()
        times = self._times.setdefault(address, deque())
        self._times.move_to_end(address)
        while len(self._times) > KNOWN_ADDRESSES:
            self._times.popitem(last=False)
        while times and times[0] <= now - WITHIN_SECONDS:
            times.popleft()
        if len(times) >= MOST:
            return False
        times.append(now)
        return True
