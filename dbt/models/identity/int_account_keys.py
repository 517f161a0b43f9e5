"""The account of everything that stands for a company. One row per `kind|identifier`, live or merged into a live one."""

from models.identity import assign_keys


def model(dbt, session):
    dbt.config(materialized="table")
    return assign_keys(dbt.ref("int_account_nodes").pl(), dbt.ref("int_account_edges").pl(), prefix="a_")
