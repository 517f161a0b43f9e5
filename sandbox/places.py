"""Countries of the simulated market: places, telephone numbers, languages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """One country.

    Attributes:
        names: how people write it in a CRM.
        cities: (city, state, postal code).
        mobile, landline: national prefixes, followed by so many digits.
        trunk: what is dialled before the national number inside the country.
        utc_offset: hours, standard time.
        weight: share of accounts.
    """

    code: str
    names: tuple[str, ...]
    dial: str
    trunk: str
    mobile: tuple[str, ...]
    mobile_digits: int
    landline: tuple[str, ...]
    landline_digits: int
    cities: tuple[tuple[str, str, str], ...]
    tld: str
    language: str
    utc_offset: int
    weight: float


COUNTRIES = (
    Country("US", ("United States", "USA", "US"), "1", "",
            ("212", "415", "312", "617", "512", "206", "303", "404", "713", "602"), 7,
            ("646", "628", "773", "857", "737", "425", "720", "678", "832", "480"), 7,
            (("New York", "NY", "10001"), ("San Francisco", "CA", "94105"), ("Chicago", "IL", "60601"),
             ("Boston", "MA", "02110"), ("Austin", "TX", "78701"), ("Denver", "CO", "80202")), "com", "en", -6, 0.36),
    Country("GB", ("United Kingdom", "UK", "GB"), "44", "0", ("7400", "7700", "7911", "7520"), 6,
            ("20 7", "20 8", "20 3"), 7,
            (("London", "England", "EC1A 1BB"), ("Manchester", "England", "M1 1AE"),
             ("Edinburgh", "Scotland", "EH1 1YZ")),
            "co.uk", "en", 0, 0.13),
    Country("DE", ("Germany", "Deutschland", "DE"), "49", "0", ("151", "160", "170", "171", "175"), 8,
            ("30", "40", "89", "69"), 8,
            (("Berlin", "Berlin", "10115"), ("München", "Bayern", "80331"), ("Hamburg", "Hamburg", "20095"),
             ("Köln", "Nordrhein-Westfalen", "50667")), "de", "de", 1, 0.15),
    Country("FR", ("France", "FRANCE", "FR"), "33", "0", ("61", "62", "66", "67"), 7, ("14", "15", "47"), 7,
            (("Paris", "Île-de-France", "75001"), ("Lyon", "Auvergne-Rhône-Alpes", "69001"),
             ("Nîmes", "Occitanie", "30000")),
            "fr", "fr", 1, 0.10),
    Country("ES", ("Spain", "España", "ES"), "34", "", ("61", "62", "65", "66"), 7, ("91", "93"), 7,
            (("Madrid", "Madrid", "28001"), ("Málaga", "Andalucía", "29001")), "es", "es", 1, 0.06),
    Country("NL", ("Netherlands", "Nederland", "The Netherlands", "NL"), "31", "0", ("61", "62", "64", "65"), 7,
            ("20", "3000"), 7,
            (("Amsterdam", "Noord-Holland", "1011 AB"), ("Utrecht", "Utrecht", "3511 AB")), "nl", "nl", 1, 0.06),
    Country("SE", ("Sweden", "Sverige", "SE"), "46", "0", ("70", "72", "73", "76"), 7, ("8 5", "31 7"), 6,
            (("Stockholm", "Stockholms län", "111 20"), ("Göteborg", "Västra Götaland", "411 03")),
            "se", "sv", 1, 0.04),
    Country("CA", ("Canada", "CA"), "1", "", ("416", "604", "514", "403"), 7, ("647", "778", "438", "587"), 7,
            (("Toronto", "ON", "M5H 1A1"), ("Vancouver", "BC", "V6B 1A1"), ("Montréal", "QC", "H3B 1A7")),
            "ca", "en", -5, 0.06),
    Country("AU", ("Australia", "AU"), "61", "0", ("40", "41", "43"), 7, ("2 9", "3 9"), 7,
            (("Sydney", "NSW", "2000"), ("Melbourne", "VIC", "3000")), "com.au", "en", 10, 0.04),
)  # fmt: skip

FREE_MAIL = ("gmail.com", "yahoo.com", "outlook.com", "hotmail.com", "gmx.de", "web.de", "orange.fr", "icloud.com")
