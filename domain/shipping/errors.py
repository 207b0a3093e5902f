"""What shipments are refused for."""

from domain.kernel.errors import DomainError, Path


class TrackingNumberTaken(DomainError):
    """Another parcel of the carrier has that tracking number."""

    code = "TRACKING_NUMBER_TAKEN"

    def __init__(self, carrier: str, tracking_number: str, *, path: Path = ()) -> None:
        super().__init__(f"Another {carrier} parcel has the tracking number {tracking_number}.", path=path)
        self.carrier, self.tracking_number = carrier, tracking_number
