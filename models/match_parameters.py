"""Which parameters matching uses tonight: those that were learnt under the same rules, or new ones."""

from typing import Any

import polars as pl

from models.match_columns import People, comparable_records
from models.match_memory import match_version
from models.match_rules import MatchRules
from models.match_training import learn_parameters, prior_parameters


def parameters_of_night(
    people: People, rules: MatchRules, known: pl.DataFrame, night: pl.DataFrame, backend: Any
) -> pl.DataFrame:
    """Known parameters as long as the rules are the same and the records haven't grown out of them; else new ones.

    So scores stay the same from night to night. With few records the probabilities of the seeds count, and are no
    knowledge to keep.

    Args:
        people: records, nicknames and free mail domains, see `comparable_records`.
        known: the ledger's: `settings_version`, `parameters`, `trained_on`, `count_records`.
        night: one row with `run_date`.

    Returns:
        one row: `settings_version`, `parameters` (JSON), `trained_on`, `count_records`, `is_learnt`, `is_new`,
        `version` (of rules, parameters and code).
    """
    count = len(people[0])
    is_fit = count < pl.col("count_records") * rules.settings["retraining_growth"]
    fit = known.filter((pl.col("settings_version") == rules.version) & is_fit).sort("trained_on", "count_records")
    if len(fit):
        version = match_version(rules.version, fit["parameters"][-1])
        return fit.tail(1).with_columns(is_learnt=True, is_new=False, version=pl.lit(version))
    records = comparable_records(*people)
    is_learnt = count >= rules.settings["training_records"]
    parameters = learn_parameters(records, rules, backend) if is_learnt else prior_parameters(records, rules)
    return pl.DataFrame(
        {
            "settings_version": [rules.version],
            "parameters": [parameters.to_json()],
            "trained_on": night["run_date"].head(1),
            "count_records": [count],
            "is_learnt": [is_learnt],
            "is_new": [is_learnt],
            "version": [match_version(rules.version, parameters.to_json())],
        }
    )
