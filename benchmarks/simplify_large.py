"""Simplifying a model of 2 GB: memory and time against copying its files, and against other simplifiers.

    python benchmarks/simplify_large.py [--cache FOLDER] [--peers INTERPRETER] [--layers 32] [--only modelconv,cp]

Writes a chain of dense layers (4096 x 4096 float32, 67 MB each; large_model.py) with external data, once, into the
cache folder.
`--peers` names a Python interpreter that has onnxsim and onnxslim.

Accepted: private memory at most 100 MB and a tenth of the weights; at most three times the time of copying the files.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import onnx
from large_model import write_model
from measure import HEADER, Cost, describe, measure
from pairs import OURS

ALLOWED_PRIVATE = 100e6
ALLOWED_SHARE_OF_WEIGHTS = 0.1
ALLOWED_TIMES_COPY = 3.0

MODELCONV = "import sys, modelconv; modelconv.simplify(sys.argv[1], sys.argv[2])"
ONNXSIM = """
import sys, onnx, onnxsim
model, ok = onnxsim.simplify(sys.argv[1])
onnx.save(model, sys.argv[2], save_as_external_data=True, location="weights.bin")
"""
ONNXSLIM = """
import sys, onnx, onnxslim
onnx.save(onnxslim.slim(sys.argv[1]), sys.argv[2], save_as_external_data=True, location="weights.bin")
"""


def commands(model: Path, target: Path, peers: str | None) -> dict[str, list[str | Path]]:
    """Name -> command that makes `target` of `model`."""
    run: dict[str, list[str | Path]] = {
        "cp": ["cp", model, model.with_name("weights.bin"), target.parent],
        "modelconv": [sys.executable, "-c", MODELCONV, model, target],
    }
    if peers:
        run["onnxsim"] = [peers, "-c", ONNXSIM, model, target]
        run["onnxslim"] = [peers, "-c", ONNXSLIM, model, target]
    return run


def measure_in_empty_folder(command: list[str | Path], target: Path) -> tuple[Cost, int]:
    """One run, and the nodes of what it made; deleted before the next run, so that all find the disk alike."""
    target.parent.mkdir(parents=True)
    try:
        cost = measure(command, environment=OURS)
        made = target if target.exists() else target.with_name("model.onnx")  # cp keeps the name
        return cost, len(onnx.load(made, load_external_data=False).graph.node) if made.exists() else 0
    finally:
        shutil.rmtree(target.parent)


def in_turn(names: list[str], rounds: int) -> list[str]:
    """Copying and modelconv alternate, so that both find the same machine; the peers run once, at the end."""
    repeated = [name for name in names if name in ("cp", "modelconv")]
    return repeated * rounds + [name for name in names if name not in repeated]


def report(costs: dict[str, Cost], weights: int) -> bool:
    """Ratios and what is accepted; true when modelconv is within both."""
    ours = costs["modelconv"]
    allowed = ALLOWED_PRIVATE + weights * ALLOWED_SHARE_OF_WEIGHTS
    print(f"\nprivate memory: {ours.peak_private / 1e6:.0f} MB, accepted {allowed / 1e6:.0f} MB")
    accepted = ours.status == 0 and ours.peak_private <= allowed
    if "cp" in costs:
        times = ours.wall_seconds / costs["cp"].wall_seconds
        processor = ours.cpu_seconds / costs["cp"].cpu_seconds
        print(
            f"time: {times:.2f} x copying ({processor:.2f} x its processor time), accepted {ALLOWED_TIMES_COPY:.0f} x"
        )
        accepted = accepted and times <= ALLOWED_TIMES_COPY
    for peer in costs.keys() - {"cp", "modelconv"}:
        cost = costs[peer]
        print(
            f"{peer}: {cost.cpu_seconds / ours.cpu_seconds:.1f} x the processor time, "
            f"{cost.peak_private / ours.peak_private:.1f} x the private memory"
        )
    return accepted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "modelconv-benchmarks")
    parser.add_argument("--peers", help="Python interpreter that has onnxsim and onnxslim")
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--repeat", type=int, default=3, help="runs of cp and modelconv; others run once")
    parser.add_argument("--only", help="names of rows to measure, separated by commas")
    options = parser.parse_args()

    model = write_model(options.cache / f"dense-{options.layers}", options.layers)
    weights = model.with_name("weights.bin").stat().st_size
    print(f"{options.layers} layers, {weights / 1e9:.2f} GB of weights\n\n{HEADER}")
    with tempfile.TemporaryDirectory(dir=options.cache) as scratch:
        target = Path(scratch) / "run" / "out.onnx"
        known = commands(model, target, options.peers)
        chosen = [name for name in known if not options.only or name in options.only.split(",")]
        runs: dict[str, list[Cost]] = {}
        for name in in_turn(chosen, options.repeat):
            cost, nodes = measure_in_empty_folder(known[name], target)
            runs.setdefault(name, []).append(cost)
            print(describe(name, cost), f" {nodes} nodes", flush=True)
            if cost.status != 0:
                print(cost.messages, file=sys.stderr)
    costs = {name: sorted(each, key=lambda cost: cost.wall_seconds)[len(each) // 2] for name, each in runs.items()}
    if "modelconv" in costs and not report(costs, weights):
        sys.exit("not accepted")


if __name__ == "__main__":
    main()
