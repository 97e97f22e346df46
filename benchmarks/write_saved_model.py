"""A large model written as a SavedModel: private memory and time, and a frozen graph of that size refused at once.

    python benchmarks/write_saved_model.py [--gigabytes 3]

Accepted: private memory at most a tenth of the weights; the frozen graph refused within a second of work.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from large_model import LAYER_BYTES, write_model
from measure import HEADER, describe, measure
from pairs import OURS, converting

REFUSED = """
import modelconv, sys, time
model = modelconv.load(sys.argv[1])
begin = time.process_time()
try:
    model.save(sys.argv[2])
except modelconv.ModelConvError:
    sys.exit(time.process_time() - begin > 1)
sys.exit(2)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=3)
    layers = round(parser.parse_args().gigabytes * 1e9 / LAYER_BYTES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = write_model(folder / "source", layers)
        weights = layers * LAYER_BYTES
        print(f"{weights / 1e9:.2f} GB of weights\n\n{HEADER}")
        written = measure(converting(model, folder / "saved", target_format="saved_model"), environment=OURS)
        print(describe("SavedModel", written), flush=True)
        refused = measure([sys.executable, "-c", REFUSED, model, folder / "large.pb"], environment=OURS)
        print(describe("frozen graph, refused", refused))
        for cost in (written, refused):
            if cost.status != 0:
                print(cost.messages, file=sys.stderr)
    accepted = written.status == refused.status == 0 and written.peak_private <= weights / 10
    print(f"private memory: {100 * written.peak_private / weights:.1f} % of the weights, accepted 10 %")
    return 0 if accepted else 1


if __name__ == "__main__":
    sys.exit(main())
