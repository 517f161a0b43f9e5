"""Pictures that are kept with a trained model, as PNG."""

import io
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

POINTS_OF_A_CURVE = 200


def calibration_figure(stated: np.ndarray, observed: np.ndarray, title: str) -> bytes:
    """Observed rate against stated probability, one point per bin of equally many contacts."""
    figure = Figure(figsize=(4.5, 4), layout="constrained")
    axes = figure.subplots()
    largest = 1.05 * max(float(stated.max()), float(observed.max()))
    axes.plot([0, largest], [0, largest], color="0.7", linewidth=1)
    axes.plot(stated, observed, marker="o")
    axes.set(xlabel="stated probability", ylabel="observed rate", title=title)
    return _png(figure)


def qini_figure(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str) -> bytes:
    """Qini curves by action, each with the straight line of a random order."""
    figure = Figure(figsize=(5.5, 4), layout="constrained")
    axes = figure.subplots()
    for name, (people, gain) in curves.items():
        share = people / people[-1]
        at = np.linspace(0, 1, POINTS_OF_A_CURVE)
        (line,) = axes.plot(at, np.interp(at, share, gain), label=name)
        axes.plot([0, 1], [0, gain[-1]], color=line.get_color(), linewidth=0.7, linestyle=":")
    axes.set(xlabel="share of contacts, highest uplift first", ylabel="incremental outcomes", title=title)
    axes.legend(fontsize=7)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90)
    return buffer.getvalue()
