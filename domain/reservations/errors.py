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


class TooManyReservations(DomainError):
    """A customer holds as many at once as one may, so that no baskets empty a shop."""

    code = "TOO_MANY_RESERVATIONS"
    retryable = True

    def __init__(self, most: int, *, path: Path = ()) -> None:
        said = f"At most {most} baskets are set aside at once. Order one, release one, or wait until one ends."
        super().__init__(said, path=path)
        self.most = most
