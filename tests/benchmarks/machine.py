"""The facts of the machine that a benchmark's figures depend on.

python -m tests.benchmarks.machine
"""

import os
import platform
from pathlib import Path

INSTRUCTIONS = ("amx_bf16", "avx512f", "avx2")  # widest first, as Linux names them


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


def main() -> None:
    print(f"processor: {processor()}; {os.cpu_count()} cores; widest instructions: {widest_instructions()}")


if __name__ == "__main__":
    main()
