"""The Maven Analytics CRM data set as Salesforce's own exporter would write it, its flaws kept."""

from pathlib import Path

import polars as pl


def write_exports(data: Path, exports: Path) -> None:
    """Write accounts, users, products, opportunities and their line items; broken keys (`GTXPro`) stay broken.

    Args:
        data: folder with accounts.csv.gz, products.csv.gz, sales_pipeline.csv.gz, sales_teams.csv.gz.
        exports: folder to write `salesforce/<object>/export.csv` into.
    """
    accounts = pl.read_csv(data / "accounts.csv.gz")
    products = pl.read_csv(data / "products.csv.gz")
    teams = pl.read_csv(data / "sales_teams.csv.gz")
    pipeline = pl.read_csv(data / "sales_pipeline.csv.gz")
    is_closed = pl.col("deal_stage").is_in(["Won", "Lost"])
    tables = {
        "account": accounts.select(
            Id="account",
            Name="account",
            Industry="sector",
            NumberOfEmployees="employees",
            AnnualRevenue=pl.col("revenue") * 1e6,
            BillingCountry="office_location",
            ParentId="subsidiary_of",
        ),
        "user": teams.select(Id="sales_agent", Name="sales_agent", IsActive=pl.lit(True), Department="regional_office"),
        "product_2": products.select(Id="product", Name="product", Family="series"),
        "opportunity": pipeline.select(
            Id="opportunity_id",
            AccountId="account",
            Name=pl.format("{} {}", "product", "opportunity_id"),
            StageName=pl.col("deal_stage").replace({"Won": "Closed Won", "Lost": "Closed Lost"}),
            Amount="close_value",
            IsClosed=is_closed,
            IsWon=pl.col("deal_stage") == "Won",
            OwnerId="sales_agent",
            CreatedDate="engage_date",
            CloseDate="close_date",
        ),
        "opportunity_line_item": pipeline.select(
            Id=pl.format("{}-1", "opportunity_id"),
            OpportunityId="opportunity_id",
            Product2Id="product",
            TotalPrice="close_value",
        ),
    }
    for name, table in tables.items():
        folder = exports / "salesforce" / name
        folder.mkdir(parents=True, exist_ok=True)
        table.write_csv(folder / "export.csv")
