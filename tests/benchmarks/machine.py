"""The facts of the machine that a benchmark's figures depend on.

    python -m tests.benchmarks.machine

Its processor, and what one thread reaches in products of matrices: the ceiling of every network.
"""

import os
import platform
import statistics
import time
from pathlib import Path

INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")  # widest first, as Linux names them
SIDE = 2048  # of the matrices


def cpuinfo() -> str:
    """What Linux says of the processor; nothing elsewhere."""
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.exists() else ""


def widest_instructions() -> str:
    flags = set(cpuinfo().split())
    return next((name for name in INSTRUCTIONS if name in flags), "other")


def processor() -> str:
    names = [
        line.partition(":")[2].strip() for line in cpuinfo().splitlines() if line.startswith("model name")
    ]
    return names[0] if names else platform.processor() or platform.machine()


def peak(kind: str) -> float:
    """The billions of operations a second that one thread reaches in a product of matrices of torch's dtype `kind`."""
    import torch

    torch.set_num_threads(1)
    a, b = (torch.rand(SIDE, SIDE).to(getattr(torch, kind)) for _side in range(2))
    seconds = []
    for _run in range(5):
        start = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - start)
    return 2 * SIDE**3 / statistics.median(seconds[1:]) / 1e9


def facts() -> dict:
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "instructions": widest_instructions(),
        "gigabytes": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load before": round(os.getloadavg()[1], 1),
        "fp32 GFLOP/s": round(peak("float32")),
        "bf16 GFLOP/s": round(peak("bfloat16")),
    }


def main() -> None:
    print("\n".join(f"{name}: {fact}" for name, fact in facts().items()))


if __name__ == "__main__":
    main()
