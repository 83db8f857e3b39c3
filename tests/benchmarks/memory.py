"""Peak memory of a long video against a short one: python tests/benchmarks/memory.py [SHORT_MIN LONG_MIN]"""

import sys
import tempfile
from pathlib import Path

from _common import SAMPLE, attune, machine, repeated

from scoring.resources import sample_path

MINUTES = (3.0, 30.0)
TARGET_MB, TARGET_RATIO = 900, 1.10

if __name__ == "__main__":
    minutes = [float(one) for one in sys.argv[1:]] or MINUTES
    print(machine())
    peaks_mb = []
    for length in minutes:
        with tempfile.TemporaryDirectory() as folder:
            video = repeated(sample_path(SAMPLE), Path(folder) / "long.mp4", length * 60)
            used = attune("analyze", video, "--no-video", "--out", Path(folder) / "sessions")
        peaks_mb.append(used.peak_mb)
        print(f"{length:g} minutes of 720p: peak {used.peak_mb:.0f} MB, {used.wall_s:.0f} s", flush=True)
    print(
        f"longest over shortest: {peaks_mb[-1] / peaks_mb[0]:.3f} (target up to {TARGET_RATIO:.2f}); "
        f"largest {max(peaks_mb):.0f} MB (target under {TARGET_MB} MB)"
    )
