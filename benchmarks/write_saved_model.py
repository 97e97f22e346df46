"""A large model written as a SavedModel: private memory and time, and a frozen graph of that size refused at once.

    PYTHONPATH=python python benchmarks/write_saved_model.py [--gigabytes 3]

Accepted: private memory at most a tenth of the weights; the frozen graph refused within a second.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from measure import measure

LAYER = 4096  # side of a square weight: 64 MB


def write_model(path: Path, count: int) -> None:
    """Products with `count` large weights in a file beside the model."""
    import numpy as np
    from onnx import TensorProto, helper

    data = path.with_suffix(".bin")
    rng = np.random.default_rng(0)
    weights, nodes = [], []
    with data.open("wb") as stream:
        for index in range(count):
            offset = stream.tell()
            stream.write((rng.standard_normal((LAYER, LAYER), np.float32) / 64).tobytes())
            tensor = TensorProto(name=f"w{index}", data_type=TensorProto.FLOAT, dims=[LAYER, LAYER])
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in {"location": data.name, "offset": str(offset), "length": str(4 * LAYER**2)}.items():
                tensor.external_data.add(key=key, value=value)
            weights.append(tensor)
            nodes.append(helper.make_node("MatMul", [f"h{index}", f"w{index}"], [f"h{index + 1}"]))
    shape = ["N", LAYER]
    graph = helper.make_graph(
        nodes,
        "large",
        [helper.make_tensor_value_info("h0", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(f"h{count}", TensorProto.FLOAT, shape)],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


CONVERT = "import modelconv, sys; modelconv.convert(sys.argv[1], sys.argv[2], target_format='saved_model')"
REFUSED = """
import modelconv, sys, time
model = modelconv.load(sys.argv[1])
begin = time.perf_counter()
try:
    model.save(sys.argv[2])
except modelconv.ModelConvError:
    sys.exit(time.perf_counter() - begin > 1)
sys.exit(2)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=3)
    count = round(parser.parse_args().gigabytes * 1e9 / (4 * LAYER**2))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_model(folder / "large.onnx", count)
        weights = count * 4 * LAYER**2
        cost = measure([sys.executable, "-c", CONVERT, str(folder / "large.onnx"), str(folder / "saved")])
        begin = time.perf_counter()
        refused = measure([sys.executable, "-c", REFUSED, str(folder / "large.onnx"), str(folder / "large.pb")])
        print(f"{weights / 1e9:.2f} GB written in {cost.wall_seconds:.1f} s, private {cost.peak_private / 1e6:.0f} MB")
        print(f"frozen graph refused: {refused.status == 0}, whole process {time.perf_counter() - begin:.1f} s")
        return int(cost.status != 0 or cost.peak_private > weights / 10 or refused.status != 0)


if __name__ == "__main__":
    sys.exit(main())
