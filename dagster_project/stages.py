"""The stages of a night, in order. A stage is an asset group."""

STAGES = (
    "raw",
    "staging",
    "identity",
    "lifecycle",
    "features",
    "training",
    "scores",
    "decisions",
    "activation",
    "measurement",
)


def stages_until(stage: str) -> tuple[str, ...]:
    """The stages up to and including `stage`.

    Raises:
        ValueError: for an unknown stage; the message lists the known ones.
    """
    if stage not in STAGES:
        raise ValueError(f"unknown stage {stage!r}; stages: {', '.join(STAGES)}")
    return STAGES[: STAGES.index(stage) + 1]
