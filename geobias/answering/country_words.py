"""Names of countries that no library has, and words that only look like names."""

from __future__ import annotations

from collections.abc import Iterable

EXONYM_LANGUAGES = (
    "fr", "es", "pt", "de", "it", "nl", "sv", "pl", "ru", "uk", "tr", "ar", "fa", "hi", "id",
    "vi", "th", "zh", "zh_Hant", "ja", "ko",
)  # fmt: skip
"""Languages in which all countries are known, beside English and what is spoken in each."""

ALIASES = {
    "US": "america;the states;united states america;estados unidos;u s;u s a;usa;us",
    "GB": "great britain;britain;u k;uk;united kingdom",
    "AE": "uae;u a e;emirates;the emirates",
    "CD": "congo;drc;d r congo;dr congo;congo kinshasa;zaire;democratic republic of congo",
    "CG": "congo;congo brazzaville;republic of congo",
    "KR": "korea;south korea;republic of korea;rok",
    "KP": "north korea;dprk",
    "CZ": "czech republic;czechia",
    "MM": "burma;myanmar",
    "SZ": "swaziland;eswatini",
    "MK": "macedonia;north macedonia",
    "CI": "ivory coast",
    "CV": "cape verde;cabo verde",
    "TL": "east timor;timor leste",
    "BA": "bosnia;bosnia herzegovina;herzegovina",
    "TT": "trinidad;tobago",
    "AG": "antigua;barbuda",
    "KN": "saint kitts;nevis",
    "VC": "saint vincent",
    "ST": "sao tome",
    "PS": "palestine;west bank;gaza strip",
    "VA": "vatican;the vatican;holy see",
    "NL": "holland;the netherlands",
    "PG": "png",
    "TR": "turkey",
    "HK": "hong kong",
    "MO": "macau;macao",
    "XK": "kosovo",
    "VI": "united states virgin islands;us virgin islands;u s virgin islands",
    "RU": "russian federation",
    "IE": "republic of ireland",
    "FK": "falklands",
    "FM": "micronesia",
    "LA": "lao pdr",
    "SY": "syria",
    "CN": "mainland china;people s republic of china;prc",
}

MORE_DEMONYMS = {
    "GB": "english;scottish;welsh;british;northern irish", "AR": "argentine;argentinian",
    "IS": "icelandic", "KZ": "kazakh", "KG": "kyrgyz", "TJ": "tajik", "UZ": "uzbek",
    "NP": "nepali", "PH": "philippine;filipina", "BW": "botswanan;batswana", "SI": "slovenian",
    "LU": "luxembourgish", "SA": "saudi", "TT": "tobagonian", "SR": "surinamese",
    "EC": "ecuadorian", "MV": "maldivian", "LS": "basotho", "NZ": "kiwi", "XK": "kosovar",
    "BA": "bosnian", "AU": "aussie", "CV": "cape verdean", "AF": "afghani", "HT": "haitian",
    "AL": "albanian", "KN": "kittitian", "SV": "salvadorean", "CD": "congolese", "CG": "congolese",
    "PG": "papuan", "IE": "irish", "MC": "monegasque", "TM": "turkmen", "ES": "spaniard",
}  # fmt: skip

PARTS = {
    "GB": "england;scotland;wales;northern ireland", "ES": "catalonia;andalusia;canary islands",
    "IT": "sicily;sardinia;tuscany", "DE": "bavaria", "FR": "corsica;brittany;normandy",
    "TZ": "zanzibar", "ID": "bali", "PT": "madeira;azores",
    "US": (
        "alabama;alaska;arizona;arkansas;california;colorado;connecticut;delaware;florida;"
        "hawaii;idaho;illinois;indiana;iowa;kansas;kentucky;louisiana;maine;maryland;"
        "massachusetts;michigan;minnesota;mississippi;missouri;montana;nebraska;nevada;"
        "new hampshire;new jersey;new mexico;new york;north carolina;north dakota;ohio;oklahoma;"
        "oregon;pennsylvania;rhode island;south carolina;south dakota;tennessee;texas;utah;"
        "vermont;virginia;washington state;washington d c;west virginia;wisconsin;wyoming;"
        "atlanta georgia;savannah georgia;augusta georgia;macon georgia;columbus georgia;"
        "new england"
    ),
    "AU": "new south wales;queensland;tasmania",
    "CA": "british columbia;alberta;ontario;quebec;nova scotia",
    "CN": "tibet",
}  # fmt: skip
"""Parts of countries that name their country, or would be taken for another one."""

_NO_COUNTRY = (
    "gulf of mexico", "indian ocean", "south china sea", "sea of japan", "norwegian sea",
    "gulf of guinea", "persian gulf", "english channel", "michael jordan", "jordan river",
    "french fries", "panama hat", "chinatown", "guinea pig", "turkey vulture",
    "irish sea", "arabian sea", "mexican restaurant", "chinese restaurant", "italian restaurant",
    "indian restaurant", "thai restaurant", "latin america", "north america", "south america",
    "central america", "brazil nut", "bank of america", "bank of china", "kentucky fried chicken",
    "texas roadhouse", "california pizza kitchen", "jack london", "tom holland", "boston terrier",
    "labrador retriever", "peking duck", "manila envelope", "jersey barrier", "moscow mule",
    "paris hilton", "swiss cheese", "swiss army knife", "swiss watch",
)  # fmt: skip

NO_COUNTRY = frozenset({*_NO_COUNTRY, *(f"{phrase}s" for phrase in _NO_COUNTRY)})
"""Phrases that hold the name of a country or city and do not say where something is."""

_ALONE_ONLY = {
    "island", "man", "mann", "mannin", "thai", "lao", "viti", "tobago", "mali ma", "guiana",
    "nan", "male", "no", "is", "as", "so", "to", "the states", "me", "in", "an", "la", "na", "de",
}  # fmt: skip
"""Names of countries that are words of another language: only as the whole answer."""

WORDS_TOO = {"turkey", "china", "chad", "guinea", "jersey", "jordan", "georgia", "japan"}
"""Names that are also words when written in small letters."""

_TERRITORIES = {
    "HK": "CN", "MO": "CN", "PR": "US", "GU": "US", "VI": "US", "AS": "US", "MP": "US", "GL": "DK",
    "FO": "DK", "RE": "FR", "GP": "FR", "MQ": "FR", "GF": "FR", "YT": "FR", "NC": "FR", "PF": "FR",
    "AW": "NL", "CW": "NL", "SX": "NL", "BQ": "NL", "BM": "GB", "GI": "GB", "KY": "GB", "FK": "GB",
    "VG": "GB", "TC": "GB", "JE": "GB", "GG": "GB", "IM": "GB", "SJ": "NO", "AX": "FI", "CX": "AU",
    "TW": "CN", "AC": "SH", "TA": "SH", "BV": "NO", "CP": "FR", "DG": "IO",
}  # fmt: skip
"""Territories that an answer may give together with the state they belong to."""

FORMER_CODES = {"ANT", "BUR", "CSK", "DDR", "FXX", "SUN", "TMP", "YMD", "YUG", "ZAR", "SCG", "ROM"}


def territory_of(codes: Iterable[str]) -> frozenset[str]:
    """Return countries without those named only as the owner of a territory.

    >>> sorted(territory_of({"PR", "US"}))
    ['PR']
    """
    codes = frozenset(codes)
    return codes - {_TERRITORIES[code] for code in codes if code in _TERRITORIES}


def alone_only(name: str) -> bool:
    """Whether a name counts only when it is the whole answer."""
    return name in _ALONE_ONLY


def owner_of(iso2: str) -> str:
    """Return the state that a territory belongs to, or the country itself.

    >>> owner_of("GF"), owner_of("FR")
    ('FR', 'FR')
    """
    return _TERRITORIES.get(iso2, iso2)
