"""How long `attune --help` takes: python tests/benchmarks/help_time.py"""

import statistics

from _common import attune, machine

RUNS = 9
TARGET_S = 0.5

if __name__ == "__main__":
    attune("--help")  # the first run reads the files from the disk
    walls_s = [attune("--help").wall_s for _ in range(RUNS)]
    print(machine())
    print(
        f"attune --help: {statistics.median(walls_s):.2f} s (median of {RUNS}, {min(walls_s):.2f} to "
        f"{max(walls_s):.2f} s; target under {TARGET_S} s)"
    )
