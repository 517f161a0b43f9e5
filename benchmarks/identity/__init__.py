"""How well Nightjar tells who is who: public data with truth, the simulated market, stable keys, a million records."""
