"""What reservations are refused for."""

from domain.kernel.errors import DomainError, Path
from domain.reservations.lifecycle import ReservationStatus

_WHY = {
    ReservationStatus.TAKEN: "An order took this reservation already.",
    ReservationStatus.RELEASED: "This reservation was given up, and its units are free again.",
    ReservationStatus.EXPIRED: "The time of this reservation is over, and its units are free again.",
}


class ReservationOver(DomainError):
    """It was taken, given up, or its time is over: it ends once. `status` is how it ended."""

    code = "RESERVATION_OVER"

    def __init__(self, status: ReservationStatus, *, path: Path = ("reservation",)) -> None:
        super().__init__(f"{_WHY[status]} Reserve again, or order without it.", path=path)
        self.status = status
