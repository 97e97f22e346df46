"""Whole processes: ONNX to SavedModel by modelconv and by onnx2tf.

    PYTHONPATH=$PWD/python python benchmarks/write_tensorflow.py --onnx2tf PATH/TO/bin/onnx2tf MODEL.onnx ...

onnx2tf wants a file of sample images, which it downloads; one of zeros is put where it looks first, so
that the network is not measured. Accepted: the median ratio of wall times is at least 50.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from measure import measure

CONVERT = "import modelconv, sys; modelconv.convert(sys.argv[1], sys.argv[2], target_format='saved_model')"
SAMPLES = "calibration_image_sample_data_20x128x128x3_float32.npy"
WANTED = 50


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--onnx2tf", type=Path, required=True, help="the command, in an environment of its own")
    parser.add_argument("models", type=Path, nargs="+")
    arguments = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        import numpy as np

        folder = Path(name)
        np.save(folder / SAMPLES, np.zeros((20, 128, 128, 3), np.float32))
        os.chdir(folder)
        for path in (model.resolve() for model in arguments.models):
            ours = measure([sys.executable, "-c", CONVERT, str(path), str(folder / "ours")])
            theirs = measure([arguments.onnx2tf, "-i", path, "-o", folder / "theirs", "-n", "-osd"])
            done = ours.status == 0 and theirs.status == 0
            ratio = theirs.wall_seconds / ours.wall_seconds
            if done:
                ratios.append(ratio)
            states = f"{'' if ours.status == 0 else 'failed '}{ours.wall_seconds:.2f} s, onnx2tf "
            states += f"{'' if theirs.status == 0 else 'failed '}{theirs.wall_seconds:.2f} s"
            print(f"{path.name:45} {states}" + (f"  {ratio:.0f} x" if done else ""), flush=True)
    if not ratios:
        return 1
    print(f"median of {len(ratios)}: {statistics.median(ratios):.0f} x")
    return int(statistics.median(ratios) < WANTED)


if __name__ == "__main__":
    sys.exit(main())
