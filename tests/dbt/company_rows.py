"""Companies as two CRMs have them, each with the company that it truly is, and people who say where they work."""

from tests.dbt.identity_rows import Row, Rows, contact

SALESFORCE, HUBSPOT = "salesforce_account", "hubspot_company"
S, H = SALESFORCE, HUBSPOT
# truth | system | name | website | country | city | phone | parent (identifier of the record)
LABELLED = """
mueller   |S|Müller Maschinenbau GmbH & Co. KG|www.mueller-maschinenbau.de|Germany|Stuttgart|+49 711 220033|
mueller   |H|Mueller Maschinenbau|||Stuttgart||
mueller   |H|MULLER MASCHINENBAU GMBH|mueller-maschinenbau.de|DE|||
muellerhh |S|Müller Bäckerei GmbH||Germany|Hamburg||
muellerm  |H|Müller GmbH||Germany|München||
muellerk  |S|Müller GmbH||Germany|Köln||
muellerm  |S|Mueller GmbH||Germany|Munich||
acme      |S|Acme International, Inc.|https://acme.com|United States|Chicago|+1 312 555 0147|
acme      |H|ACME Int'l|acme.com|US|||
acmesoft  |S|Acme Software Ltd|acme-software.co.uk|United Kingdom|Leeds||
acmebrick |H|Acme Brick Company|brick.example|US|Fort Worth||
yandex    |S|ООО «Яндекс»||Russia|Москва||
yandex    |H|Yandex LLC|yandex-company.example|Russia|Moscow||
lukoil    |S|ПАО Лукойл|lukoil-oil.example||||
lukoil    |H|Lukoil||RU|||
toyota    |S|トヨタ自動車株式会社||Japan|||
toyota    |H|Toyota Motor Corporation|toyota-motor.example|Japan|||
samsung   |S|삼성전자 주식회사||South Korea|||
samsung   |H|Samsung Electronics Co., Ltd.|samsung-e.example|KR|||
huawei    |S|华为技术有限公司||China|深圳||
huawei    |H|Huawei Technologies|huawei-t.example|China|Shenzhen||
bimbo     |S|Grupo Bimbo, S.A.B. de C.V.|bimbo.example|Mexico|||
bimbo     |H|Bimbo||Mexico|||
orsted    |S|Ørsted A/S||Denmark|||
orsted    |H|Orsted||Denmark|||
siemens   |S|Siemens Healthineers AG|siemens-health.example|Germany|Erlangen||
siemens   |H|Siemens Healtineers||Germany|Erlangen||
wisla     |S|Wisła Logistyka Sp. z o.o.||Poland|Kraków||
wisla     |H|Wisla Logistics||Poland|Cracow||
dacia     |S|S.C. Dacia Trade S.R.L.||Romania|||
dacia     |H|Dacia Trading||Romania|||
koc       |S|Koçtaş Yapı A.Ş.||Turkey|||
koc       |H|Koctas Yapi||Turkey|||
baker     |S|Baker Bros. Mfg. Co||US|||
baker     |H|Baker Brothers Manufacturing Inc||United States|||
phone     |S|Nordlicht Kommunikation|||Kiel|0431 998877|
phone     |H|Nordlichd Komunikation GmbH|||Kiel|+49 431 998877|
loreal    |S|L'Oréal S.A.|loreal-paris.example|France|||
loreal    |H|Loreal||FR|||
aliasde   |S|Zentrik GmbH|zentrik.de|Germany|||
aliasde   |H|Zentrik|zentrik.com||||
hellenic  |S|Μυτιληναίος Α.Ε.||Greece|||
hellenic  |H|Mytilineos||Greece|||
volvo     |S|AB Volvo (publ)|volvo-cars.example|Sweden|||
volvo     |H|Volvo AB||Sweden|||
typo1     |S|Continental Packaging Solutions||US|Denver||
typo1     |H|Continantal Packaging Solutions||US|Denver||
sparkk    |S|Sparkasse Köln||Germany|Köln||
sparkb    |S|Sparkasse Bonn||Germany|Bonn||
delta1    |S|Delta 1 Systems||US|Austin||
delta2    |S|Delta 2 Systems||US|Austin||
norton    |S|Norton Systems||US|Boston||
morton    |S|Morton Systems||US|Boston||
global1   |S|Global Consulting Group||US|||
global2   |H|Global Consulting||Germany|||
apple     |S|Apple Inc.|apple.example|US|Cupertino||
applebank |H|Apple Bank|applebank.example|US|New York||
phoenixus |S|Phoenix Ltd|phoenix-uk.example|United Kingdom|||
phoenixde |H|Phoenix GmbH|phoenix-de.example|Germany|||
boschp    |S|Bosch GmbH|bosch.example|Germany|||
boschc    |S|Bosch Rexroth AG|bosch.example|Germany|||1|boschp
boschc    |H|Bosch Rexroth|bosch.example||||
boschp    |H|Bosch Group|bosch.example||||
unip      |S|Orbital Holding|orbital.example|US|||
unic      |S|Orbital Europe BV|orbital.example|Netherlands|||1|unip
fb1       |S|Bäckerei Schmidt|facebook.com/baeckerei-schmidt|Germany|Ulm||
fb2       |S|Friseur Klein|facebook.com/friseurklein|Germany|Ulm||
ibm       |S|International Business Machines Corp|ibm-machines.example|US|Armonk|+1 914 499 1900|
ibm       |H|IBM||US|Armonk|(914) 499-1900|
null1     |S|n/a||US|||
null2     |H|Unknown||US|||
null3     |S|n/a||||
dup       |S|Hartmann & Söhne OHG||Austria|Wien||
dup       |S|Hartmann und Soehne||Austria|Vienna||
order     |S|Solutions Vertex||US|||
order     |H|Vertex Group Solutions||US|||
near1     |S|Kestrel Analytics||UK|London||
near2     |S|Kestral Robotics||UK|London||
stub      |S|Brightwater Fisheries|brightwater.example|Ireland|Cork||
stub      |H|Brightwater Fisheries||||
inter1    |S|Interspar GmbH||Austria|Salzburg||
inter2    |S|Intersport GmbH||Austria|Salzburg||
"""


def labelled() -> tuple[Rows, dict[str, str]]:
    """Raw rows of the labelled companies, and node (`kind|identifier`) → the company it truly is."""
    rows: Rows = {"salesforce__account": [], "hubspot__company": []}
    truth: dict[str, str] = {}
    named: dict[tuple[str, str], str] = {}
    for number, line in enumerate(LABELLED.strip().splitlines()):
        company, system, name, website, country, city, phone, *parent = (part.strip() for part in line.split("|"))
        if system == "S":
            identifier = f"001{number:04d}"
            above = named[("S", parent[-1])] if parent and parent[-1] else None
            rows["salesforce__account"].append({
                "id": identifier, "name": name, "website": website, "billing_country": country, "billing_city": city,
                "phone": phone if phone != "1" else None, "parent_id": above,
            })  # fmt: skip
            truth[f"{SALESFORCE}|{identifier}"] = company
        else:
            identifier = f"9{number:04d}"
            rows["hubspot__company"].append({
                "id": identifier, "property_name": name, "property_domain": website, "property_country": country,
                "property_city": city, "property_phone": phone,
            })  # fmt: skip
            truth[f"{HUBSPOT}|{identifier}"] = company
        named.setdefault((system, company), identifier)
    return rows, truth


def _lead(record_id: str, email: str, company: str | None = None, **columns: object) -> Row:
    return {
        "id": record_id,
        "email": email,
        "first_name": record_id[3:],
        "last_name": "Lead",
        "company": company,
        **columns,
    }


def leads() -> Rows:
    """Leads whose account each tests one rule, and accounts between which only one thing decides."""
    twins = [
        {"id": f"001{name}{end}", "name": f"{name} Ltd", "website": f"{name.lower()}-{end}.example",
         "created_date": "2020-01-01" if name == "Tieold" and end == "b" else "2024-01-01"}
        for name in ("Tiecon", "Tielead", "Tieopen", "Tieold")
        for end in ("a", "b")
    ]  # fmt: skip
    return {
        "salesforce__account": [
            *twins,
            *(
                {"id": f"001ring{number}", "name": name, "parent_id": f"001ring{(number + 1) % 3}"}
                for number, name in enumerate(["Ring One", "Ring Two", "Ring Three"])
            ),
            {"id": "001nordsee", "name": "Nordsee Handel", "website": "nordsee-handel.example"},
        ],
        "salesforce__lead": [
            _lead("00Qcrm", "crm@gmail.com", is_converted=True, converted_account_id="0010059"),
            _lead("00Qmail", "someone@acme.com", "Something else"),
            _lead("00Qbelow", "someone@eu.acme.com"),
            _lead("00Qsite", "site@gmail.com", website="https://www.acme.com/about"),
            _lead("00Qname", "name@gmail.com", "TOYOTA MOTOR CORP.", country="Japan"),
            _lead("00Qtypo", "typo@gmail.com", "Siemens Healthinears", country="Germany"),
            _lead("00Qbosch", "someone@bosch.example", "Bosch Rexroth"),
            _lead("00Qcountry", "country@gmail.com", "Phoenix", country="Germany"),
            _lead("00Qalias", "four@nordsee-group.example"),
            _lead("00Qfree", "free@gmail.com"),
            _lead("00Qnothing", "nothing@web.de", "self-employed"),
            _lead("00Quni", "prof@cs.ethz.ch"),
            _lead("00Qpage", "page@gmail.com", website="https://www.facebook.com/page"),
            _lead("00Qtiecontacts", "t1@gmail.com", "Tiecon"),
            _lead("00Qtieleads", "t2@gmail.com", "Tielead"),
            _lead("00Qtieopen", "t3@gmail.com", "Tieopen"),
            _lead("00Qtieold", "t4@gmail.com", "Tieold"),
            _lead("00Qmore", "more@tielead-b.example"),
        ],
        "salesforce__opportunity": [
            {"id": "006a", "account_id": "001Tieopena", "stage_name": "Closed Lost", "is_closed": True},
            {"id": "006b", "account_id": "001Tieopenb", "stage_name": "Discovery", "is_closed": False},
        ],
        "billing__subscription": [
            {
                "id": "sub1",
                "customer_id": "cus_acme",
                "email": "billing.person@acme.com",
                "company": "Acme",
                "status": "active",
            }
        ],
    }


def people() -> Rows:
    """Contacts of the accounts above; three of Nordsee write from a second domain."""
    return {
        "salesforce__contact": [
            contact("003tie", "one@gmail.com", "One Contact", account_id="001Tieconb"),
            contact("003uwe", "uwe@nordsee-group.example", "Uwe Nord", account_id="001nordsee"),
            contact("003ida", "ida@nordsee-group.example", "Ida Sand", account_id="001nordsee"),
            contact("003tom", "tom@nordsee-group.example", "Tom Wolf", account_id="001nordsee"),
        ],
    }
