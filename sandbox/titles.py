"""Job titles by language, function and level."""

LEVELS = ("c_level", "vp", "director", "manager", "individual")
LEVEL_SHARES = (0.06, 0.08, 0.18, 0.30, 0.38)
FUNCTIONS = ("it", "finance", "marketing", "sales", "operations", "procurement", "hr", "other")
FUNCTION_SHARES = (0.27, 0.12, 0.16, 0.13, 0.14, 0.07, 0.06, 0.05)

_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"it": ("IT", "Information Technology", "Engineering", "Software Development"),
           "finance": ("Finance", "Accounting"), "marketing": ("Marketing", "Demand Generation", "Brand"),
           "sales": ("Sales", "Business Development", "Account Management"), "operations": ("Operations", "Production"),
           "procurement": ("Procurement", "Purchasing"), "hr": ("Human Resources", "HR", "People"),
           "other": ("Projects", "Research", "Quality")},
    "de": {"it": ("IT", "Softwareentwicklung"), "finance": ("Finanzen", "Buchhaltung", "Controlling"),
           "marketing": ("Marketing",), "sales": ("Vertrieb",), "operations": ("Produktion", "Betrieb"),
           "procurement": ("Einkauf",), "hr": ("Personal",), "other": ("Projekte", "Qualität")},
    "fr": {"it": ("informatique", "des systèmes d'information"), "finance": ("financier", "comptabilité"),
           "marketing": ("marketing",), "sales": ("commercial", "des ventes"),
           "operations": ("des opérations", "production"),
           "procurement": ("achats",), "hr": ("des ressources humaines", "RH"), "other": ("de projet", "qualité")},
    "es": {"it": ("Informática", "Sistemas"), "finance": ("Finanzas", "Contabilidad"), "marketing": ("Marketing",),
           "sales": ("Ventas",), "operations": ("Operaciones",), "procurement": ("Compras",),
           "hr": ("Recursos Humanos",), "other": ("Proyectos", "Calidad")},
    "nl": {"it": ("ICT", "IT"), "finance": ("Financiën",), "marketing": ("Marketing",), "sales": ("Verkoop",),
           "operations": ("Operations",), "procurement": ("Inkoop",), "hr": ("HR", "Personeelszaken"),
           "other": ("Projecten",)},
    "sv": {"it": ("IT",), "finance": ("Ekonomi",), "marketing": ("Marknad",), "sales": ("Försäljning",),
           "operations": ("Drift",), "procurement": ("Inköp",), "hr": ("HR", "Personal"), "other": ("Projekt",)},
}  # fmt: skip
_PATTERNS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"vp": ("VP {}", "Vice President, {}", "VP of {}", "SVP {}"),
           "director": ("Director of {}", "{} Director", "Head of {}", "Sr. Director, {}"),
           "manager": ("{} Manager", "Manager, {}", "{} Team Lead", "Senior {} Manager"),
           "individual": ("{} Specialist", "{} Analyst", "{} Coordinator", "Senior {} Associate")},
    "de": {"vp": ("Bereichsleiter {}", "VP {}"), "director": ("Leiter {}", "Leiterin {}", "Abteilungsleiter {}"),
           "manager": ("{}-Manager", "Teamleiter {}", "Teamleiterin {}"),
           "individual": ("Sachbearbeiter {}", "Referentin {}", "Mitarbeiter {}")},
    "fr": {"vp": ("Vice-président {}", "VP {}"), "director": ("Directeur {}", "Directrice {}"),
           "manager": ("Responsable {}", "Chef de service {}"),
           "individual": ("Chargé {}", "Assistante {}", "Analyste {}")},
    "es": {"vp": ("Vicepresidente de {}",), "director": ("Director de {}", "Directora de {}"),
           "manager": ("Jefe de {}", "Responsable de {}", "Gerente de {}"),
           "individual": ("Analista de {}", "Técnico de {}", "Especialista en {}")},
    "nl": {"vp": ("VP {}",), "director": ("Directeur {}", "Hoofd {}"), "manager": ("{}manager", "Teamleider {}"),
           "individual": ("Medewerker {}", "Adviseur {}")},
    "sv": {"vp": ("VP {}",), "director": ("{}direktör",), "manager": ("{}chef", "Gruppchef {}"),
           "individual": ("{}specialist", "{}koordinator")},
}  # fmt: skip
_CHIEFS = {
    "it": ("CTO", "CIO", "Chief Technology Officer", "Chief Information Officer"),
    "finance": ("CFO", "Chief Financial Officer"),
    "marketing": ("CMO", "Chief Marketing Officer"),
    "sales": ("CRO", "Chief Revenue Officer"),
    "operations": ("COO", "Chief Operating Officer"),
    "procurement": ("Chief Procurement Officer",),
    "hr": ("CHRO", "Chief People Officer"),
}
_HEADS = {
    "en": ("CEO", "Chief Executive Officer", "Founder & CEO", "President"),
    "de": ("Geschäftsführer", "Geschäftsführerin"),
    "fr": ("Directeur général", "PDG"), "es": ("Director General", "CEO"), "nl": ("Algemeen directeur", "CEO"),
    "sv": ("VD", "Verkställande direktör"),
}  # fmt: skip


def titles(language: str, function: str, level: str) -> tuple[str, ...]:
    """The ways to write a job in a language."""
    if level == "c_level":
        return _CHIEFS.get(function, _HEADS[language])
    return tuple(pattern.format(word) for pattern in _PATTERNS[language][level] for word in _WORDS[language][function])
