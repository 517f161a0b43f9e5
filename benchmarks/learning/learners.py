"""Which learners there are, and one of them at work in a process of its own, so that its memory is its own.

python -m benchmarks.learning.learners LEARNER SEED TRAINING.npz FEATURES.npy RESULT.npz
"""

import importlib
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.learning.sample import Sample

NIGHTJAR = "Nightjar"
# Name, module and function. The libraries are imported in the learner's own process only.
LEARNERS = {
    NIGHTJAR: "nightjar.fit",
    "scikit-uplift S with interactions": "peers.scikit_uplift.s_interactions",
    "scikit-uplift S": "peers.scikit_uplift.s",
    "scikit-uplift dependent two-model": "peers.scikit_uplift.dependent",
    "scikit-uplift two-model (T)": "peers.scikit_uplift.two_models",
    "CausalML X": "peers.causal_ml.x",
    "CausalML S": "peers.causal_ml.s",
    "CausalML T": "peers.causal_ml.t",
    "CausalML R": "peers.causal_ml.r",
    "CausalML DR": "peers.causal_ml.dr",
    "EconML DR": "peers.econ_ml.dr",
    "EconML linear DR": "peers.econ_ml.linear_dr",
    "EconML causal forest": "peers.econ_ml.forest",
    "propensity alone": "peers.plain.propensity_alone",
    "best single action for all": "peers.plain.best_constant",
}
LIBRARIES = {"scikit-uplift": "sklift", "CausalML": "causalml", "EconML": "econml"}
# What takes minutes at 140,000 rows, and has never been the best.
SLOW = ("CausalML R", "EconML causal forest")


class PeerMissingError(RuntimeError):
    """A peer isn't installed."""


@dataclass(frozen=True)
class Fitted:
    """What a learner predicted, and what it used.

    Attributes:
        uplift: [n × action]; error: its standard error where the learner states one, [n × action], else None.
        fit_seconds, fit_cpu_seconds, predict_cpu_seconds: of the learner alone, without reading data.
        peak_mb: peak resident set of its process, with its libraries and the data.
    """

    learner: str
    uplift: np.ndarray
    error: np.ndarray | None
    fit_seconds: float
    fit_cpu_seconds: float
    predict_cpu_seconds: float
    peak_mb: float


def choose_learners(peers: str) -> list[str]:
    """Nightjar and its peers: `none`, `best` (the one to beat), `quick` (without the slow ones) or `all`.

    Raises:
        PeerMissingError: a library isn't installed.
        ValueError: another word.
    """
    chosen = {
        "none": [NIGHTJAR],
        "best": [NIGHTJAR, "scikit-uplift S with interactions"],
        "quick": [name for name in LEARNERS if name not in SLOW],
        "all": list(LEARNERS),
    }
    if peers not in chosen:
        raise ValueError(f"peers are none, best, quick or all, not {peers!r}")
    for library, module in LIBRARIES.items():
        needed = any(name.startswith(library) for name in chosen[peers])
        if needed and importlib.util.find_spec(module) is None:
            raise PeerMissingError(f"{library} isn't installed: pip install 'nightjar[peers]', or --peers none")
    return chosen[peers]


def fit_apart(learner: str, training: Sample, features: np.ndarray, seed: int) -> Fitted:
    """Fit on the training rows and predict for other features, in a process of its own.

    Raises:
        RuntimeError: the learner failed; with its last words.
    """
    with tempfile.TemporaryDirectory(prefix="nightjar-learner-") as name:
        folder = Path(name)
        training.save(folder / "training.npz")
        np.save(folder / "features.npy", features)
        files = [str(folder / file) for file in ("training.npz", "features.npy", "result.npz")]
        command = [sys.executable, "-W", "ignore", "-m", __spec__.name, learner, str(seed), *files]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "2")
        # Threads wait without spinning: else neighbours on the machine multiply the CPU seconds of all learners.
        threads["OMP_WAIT_POLICY"] = "PASSIVE"
        done = subprocess.run(command, env=os.environ | threads, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{learner} failed: {done.stderr[-2000:]}")
        with np.load(files[2]) as result:
            error = result["error"] if result["error"].size else None
            return Fitted(learner, result["uplift"], error, *(float(each) for each in result["used"]))


def main(learner: str, seed: int, training: Path, features: Path, result: Path) -> None:
    """Fit, predict, write what came out."""
    module, function = LEARNERS[learner].rsplit(".", 1)
    fit = getattr(importlib.import_module(f"benchmarks.learning.{module}"), function)
    sample, others = Sample.load(training), np.load(features)
    wall, cpu = time.perf_counter(), time.process_time()
    predict = fit(sample, seed)
    fitted_wall, fitted_cpu = time.perf_counter(), time.process_time()
    uplift, error = predict(others)
    predicted_cpu = time.process_time() - fitted_cpu
    # Kilobytes on Linux.
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = np.array([fitted_wall - wall, fitted_cpu - cpu, predicted_cpu, peak_mb])
    np.savez(result, uplift=uplift, error=error if error is not None else np.zeros(0), used=used)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *(Path(each) for each in sys.argv[3:6]))
