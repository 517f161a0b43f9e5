"""Measures a process and its children while they work: wall, CPU and peak memory per stage."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from types import TracebackType

import psutil

SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class StageUse:
    """What a stage used. Memory is the peak resident set of the whole process tree, in MB."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


class Meter:
    """Samples the process tree in a thread. `mark(stage)` books all since the last mark to that stage."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._cpu_by_pid: dict[int, float] = {}
        self._lock = threading.Lock()
        self._peak_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stages: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])

    def __enter__(self) -> "Meter":
        self._sample()
        self._last_wall, self._last_cpu = time.monotonic(), sum(self._cpu_by_pid.values())
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def mark(self, stage: str) -> None:
        self._sample()
        now = time.monotonic()
        with self._lock:
            cpu = sum(self._cpu_by_pid.values())
            use = self._stages[stage]
            use[0] += now - self._last_wall
            use[1] += cpu - self._last_cpu
            use[2] = max(use[2], self._peak_mb)
            self._last_wall, self._last_cpu, self._peak_mb = now, cpu, 0.0

    def stages(self) -> dict[str, StageUse]:
        """Use per stage, in the order in which the stages first ended."""
        return {stage: StageUse(*use) for stage, use in self._stages.items()}

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        resident = 0
        with self._lock:
            for process in [self._process, *self._process.children(recursive=True)]:
                try:
                    with process.oneshot():
                        times = process.cpu_times()
                        resident += process.memory_info().rss
                    self._cpu_by_pid[process.pid] = times.user + times.system
                except psutil.NoSuchProcess:
                    continue
            self._peak_mb = max(self._peak_mb, resident / 1e6)
