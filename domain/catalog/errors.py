"""What the catalog is refused for, and what others are refused for because of it."""

from domain.kernel.errors import DomainError, Path


class UnknownSku(DomainError):
    """Nothing by that SKU is on sale."""

    code = "UNKNOWN_SKU"

    def __init__(self, sku: str, *, path: Path = ()) -> None:
        shown = sku if len(sku) <= 64 else sku[:61] + "..."
        super().__init__(f'There is no SKU "{shown}" on sale. Check its spelling, or remove the line.', path=path)
        self.sku = shown


class NotPriced(DomainError):
    """The SKU has no price in the channel."""

    code = "NOT_PRICED"

    def __init__(self, sku: str, channel: str, *, path: Path = ()) -> None:
        super().__init__(f"{sku} has no price in the channel {channel}. Set one, or remove the line.", path=path)
        self.sku, self.channel = sku, channel


class AlreadyExists(DomainError):
    """Another thing has that name."""

    code = "ALREADY_EXISTS"

    def __init__(self, what: str, name: str, *, path: Path = ()) -> None:
        super().__init__(f'There is already a {what} "{name}". Choose another name.', path=path)
        self.what, self.name = what, name


class VariantInUse(DomainError):
    """There are units of it that what is asked for has no place for."""

    code = "VARIANT_IN_USE"

    def __init__(self, sku: str, why: str, *, path: Path = ()) -> None:
        super().__init__(f"{sku}: {why}", path=path)
        self.sku = sku
