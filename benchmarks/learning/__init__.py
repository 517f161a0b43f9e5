"""How well Nightjar learns: on trials with and without known truth, beside its peers in the same run."""
