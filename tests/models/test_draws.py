"""Draws are uniform, independent between purposes and nights, and belong to the id and not to the row."""

from datetime import date

import numpy as np
from scipy import stats

from models.draws import draw_uniforms

NIGHT = date(2026, 3, 1)
IDS = [f"contact-{i}" for i in range(20_000)]


def test_draws_are_uniform():
    drawn = draw_uniforms(IDS, "explore", NIGHT, 7)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert stats.kstest(drawn, "uniform").pvalue > 0.001


def test_purposes_nights_and_seeds_are_independent():
    drawn = draw_uniforms(IDS, "explore", NIGHT, 7)
    others = [
        draw_uniforms(IDS, "action", NIGHT, 7),
        draw_uniforms(IDS, "explore", date(2026, 3, 2), 7),
        draw_uniforms(IDS, "explore", None, 7),
        draw_uniforms(IDS, "explore", NIGHT, 8),
    ]
    assert all(abs(np.corrcoef(drawn, other)[0, 1]) < 0.03 for other in others)


def test_a_draw_belongs_to_the_id_and_not_to_the_row():
    drawn = draw_uniforms(IDS, "explore", NIGHT, 7)
    assert (draw_uniforms(IDS[::-1], "explore", NIGHT, 7)[::-1] == drawn).all()


def test_a_draw_never_changes_between_versions():
    assert draw_uniforms(["c1", "ü"], "arm", None, 0).round(6).tolist() == PINNED
    assert len(draw_uniforms([], "arm", None, 0)) == 0


PINNED = [0.030078, 0.802171]
