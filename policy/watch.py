"""The types of what is watched in the models, and how much is too much."""

from pydantic import Field, model_validator

from policy.section import Identifier, Positive, Section


class Thresholds(Section):
    """From where on a figure is warned of, reviewed, or stops a model. What may be chance never counts."""

    warn: float | None = Field(default=None, ge=0, description="Told in the report and in the status; null: never.")
    review: float | None = Field(
        default=None,
        ge=0,
        description="From here on what the model would do waits for a person's approval; null: never.",
    )
    stop: float | None = Field(
        default=None, ge=0, description="From here on the model isn't used, the prior decides; null: never."
    )

    @model_validator(mode="after")
    def rises(self) -> "Thresholds":
        given = [each for each in (self.warn, self.review, self.stop) if each is not None]
        if given != sorted(given):
            raise ValueError("must rise from warn over review to stop")
        return self


class Watch(Section):
    """What is watched each night in the models and in what they led to, and how much is too much."""

    segments: tuple[Identifier, ...] = Field(
        default=("industry",), description="Features or traits whose values are also watched one by one."
    )
    attributes: tuple[Identifier, ...] = Field(
        default=("country_code",),
        description="Features or traits by which nobody should be treated very differently.",
    )
    protected: tuple[Identifier, ...] = Field(
        default=(), description="Traits that are watched as `attributes` are, and that no model may learn from."
    )
    minimum_contacts: Positive = Field(default=200, description="People in a group before it is judged on its own.")
    choice_days: Positive = Field(
        default=30, description="Days of the newest choices with a known result that models are held against."
    )
    bias_days: Positive = Field(default=7, description="Days of decisions in which unequal treatment is looked for.")
    drift: Thresholds = Field(
        default=Thresholds(warn=0.1, review=0.25),
        description="Population stability index of a feature against the night of the training: below 0.1 nothing "
        "has moved, past 0.25 much has.",
    )
    calibration: Thresholds = Field(
        default=Thresholds(warn=1.25, review=2.0, stop=4.0),
        description="Factor between the stated number of outcomes and those that came, either way; 1: as stated.",
    )
    effect: Thresholds = Field(
        default=Thresholds(warn=0.5, review=1.0),
        description="Share of an action's stated effect that is missing in randomised choices; 1: it does nothing, "
        "more: it harms.",
    )
    rate_ratio: Thresholds = Field(
        default=Thresholds(warn=2.0),
        description="How many times as often, either way, a group gets an action as all others who may get it.",
    )
    gini: Thresholds = Field(
        default=Thresholds(warn=0.7),
        description="For attributes that are numbers: how strongly an action goes to high or to low values; 0: not "
        "at all, 1: all.",
    )
