"""Where Lantern & Leaf sells, and where its goods are."""

from dataclasses import dataclass

from domain.flows.keep_catalog import CreateChannel, CreateLocation
from domain.locations.models import LocationKind

GMBH, LTD, KK = "Lantern & Leaf GmbH", "Lantern & Leaf Ltd", "Lantern & Leaf K.K."
K = LocationKind


@dataclass(frozen=True)
class Terms:
    """What a channel takes for shipping, in minor units, and what tax its prices hold, in percent."""

    shipping_minor: int
    free_from_minor: int
    tax_percent: int
    tax_percent_on_food: int


CHANNELS = (
    CreateChannel("web-de", "Web shop, euro", "EUR", GMBH, "Europe/Berlin"),
    CreateChannel("web-uk", "Web shop, United Kingdom", "GBP", LTD, "Europe/London"),
    CreateChannel("web-jp", "Web shop, Japan", "JPY", KK, "Asia/Tokyo"),
    CreateChannel("market-eu", "Marketplace, euro", "EUR", GMBH, "Europe/Berlin"),
)
MARKETPLACE = "market-eu"
TERMS = {
    "web-de": Terms(490, 60_00, 19, 7),
    "web-uk": Terms(395, 50_00, 20, 0),
    "web-jp": Terms(660, 8_000, 10, 8),
    "market-eu": Terms(590, 80_00, 19, 7),
}
LOCATIONS = (
    CreateLocation(
        "ham-1", "Hamburg roastery", K.WAREHOUSE, GMBH, "Europe/Berlin", "DE", "20457", "Hamburg", "Speicherkai 11", 10
    ),
    CreateLocation(
        "rtm-1",
        "Maasvlak Logistics",
        K.THIRD_PARTY,
        GMBH,
        "Europe/Amsterdam",
        "NL",
        "3089 KN",
        "Rotterdam",
        "Kadeweg 240",
        20,
    ),
    CreateLocation(
        "ber-1", "Berlin store", K.STORE, GMBH, "Europe/Berlin", "DE", "10999", "Berlin", "Am Kanalufer 52", 30
    ),
    CreateLocation(
        "vie-1", "Vienna store", K.STORE, GMBH, "Europe/Vienna", "AT", "1070", "Wien", "Laternengasse 8", 40
    ),
    CreateLocation(
        "bri-1", "Bristol roastery", K.WAREHOUSE, LTD, "Europe/London", "GB", "BS2 0XJ", "Bristol", "3 Wharf Yard", 50
    ),
    CreateLocation(
        "edi-1", "Edinburgh tea room", K.STORE, LTD, "Europe/London", "GB", "EH6 6QU", "Edinburgh", "21 Shore Lane", 60
    ),
    CreateLocation(
        "osa-1",
        "Osaka roastery",
        K.WAREHOUSE,
        KK,
        "Asia/Tokyo",
        "JP",
        "552-0007",
        "Osaka",
        "4-9-2 Bentenura, Minato-ku",
        70,
    ),
    CreateLocation(
        "tyo-1",
        "Tokyo tea room",
        K.STORE,
        KK,
        "Asia/Tokyo",
        "JP",
        "111-0052",
        "Tokyo",
        "2-6-13 Kuramae Nishi, Taito-ku",
        80,
    ),
)
