"""Time zones of the states of countries that have several; a state that is split has all of its zones."""

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
ALASKA, ALEUTIAN, HAWAII, PHOENIX = "America/Anchorage", "America/Adak", "Pacific/Honolulu", "America/Phoenix"
TORONTO, WINNIPEG, REGINA = "America/Toronto", "America/Winnipeg", "America/Regina"
EDMONTON, VANCOUVER, HALIFAX = "America/Edmonton", "America/Vancouver", "America/Halifax"
SAO_PAULO, MANAUS = "America/Sao_Paulo", "America/Manaus"

# country → zones → "code name" of each state, as CRMs write them
_STATES: dict[str, dict[tuple[str, ...], str]] = {
    "US": {
        (EASTERN,): "ct connecticut, dc district of columbia, de delaware, ga georgia, ma massachusetts, md maryland, "
        "me maine, nc north carolina, nh new hampshire, nj new jersey, ny new york, oh ohio, pa pennsylvania, "
        "ri rhode island, sc south carolina, va virginia, vt vermont, wv west virginia",
        (CENTRAL,): "al alabama, ar arkansas, ia iowa, il illinois, la louisiana, mn minnesota, mo missouri, "
        "ms mississippi, ok oklahoma, wi wisconsin",
        (EASTERN, CENTRAL): "fl florida, in indiana, ky kentucky, mi michigan, tn tennessee",
        (CENTRAL, MOUNTAIN): "ks kansas, nd north dakota, ne nebraska, sd south dakota, tx texas",
        (MOUNTAIN,): "co colorado, mt montana, nm new mexico, ut utah, wy wyoming",
        (MOUNTAIN, PHOENIX): "az arizona",
        (MOUNTAIN, PACIFIC): "id idaho, nv nevada, or oregon",
        (PACIFIC,): "ca california, wa washington",
        (ALASKA, ALEUTIAN): "ak alaska",
        (HAWAII,): "hi hawaii",
    },
    "CA": {
        (HALIFAX,): "nb new brunswick, ns nova scotia, pe prince edward island",
        ("America/St_Johns", "America/Goose_Bay"): "nl newfoundland and labrador",
        (HALIFAX, TORONTO): "qc quebec",
        (TORONTO, WINNIPEG): "on ontario",
        (WINNIPEG,): "mb manitoba",
        (REGINA, EDMONTON): "sk saskatchewan",
        (EDMONTON,): "ab alberta",
        (EDMONTON, VANCOUVER, "America/Creston"): "bc british columbia",
        ("America/Whitehorse",): "yt yukon",
    },
    "AU": {
        ("Australia/Sydney", "Australia/Broken_Hill", "Australia/Lord_Howe"): "nsw new south wales",
        ("Australia/Sydney",): "act australian capital territory",
        ("Australia/Melbourne",): "vic victoria",
        ("Australia/Brisbane",): "qld queensland",
        ("Australia/Adelaide",): "sa south australia",
        ("Australia/Darwin",): "nt northern territory",
        ("Australia/Hobart",): "tas tasmania",
        ("Australia/Perth", "Australia/Eucla"): "wa western australia",
    },
    "BR": {
        (SAO_PAULO,): "al alagoas, ap amapa, ba bahia, ce ceara, df distrito federal, es espirito santo, go goias, "
        "ma maranhao, mg minas gerais, pa para, pb paraiba, pi piaui, pr parana, rj rio de janeiro, "
        "rn rio grande do norte, rs rio grande do sul, sc santa catarina, se sergipe, sp sao paulo, to tocantins",
        (SAO_PAULO, "America/Noronha"): "pe pernambuco",
        (MANAUS,): "ms mato grosso do sul, mt mato grosso, ro rondonia, rr roraima",
        (MANAUS, "America/Rio_Branco"): "am amazonas",
        ("America/Rio_Branco",): "ac acre",
    },
}

_ZONES: dict[tuple[str, str], tuple[str, ...]] = {
    (country, spelling): zones
    for country, groups in _STATES.items()
    for zones, states in groups.items()
    for state in states.split(", ")
    for spelling in state.split(" ", 1)
}


def zones_of_state(country: str, state: str) -> tuple[str, ...]:
    """The IANA zones of a state, given by code or English name in any case; empty when it isn't known."""
    return _ZONES.get((country.strip().upper(), state.strip().lower()), ())
