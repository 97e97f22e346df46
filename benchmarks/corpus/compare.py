"""Simplifies a corpus of models with modelconv and its peers, each as a whole process, and prints the table.

    python benchmarks/corpus/compare.py [FOLDER ...] [--peers INTERPRETER] [--only bert,swin]
                                        [--tools modelconv,onnxslim] [--latency ROUNDS] [--repeat N]
                                        [--results FILE] [--reuse]

FOLDERs (default: $MODELCONV_CORPUS) hold the .onnx files that export_torch.py and export_keras.py make, and any others.
INTERPRETER (default: $MODELCONV_PEERS) has onnxsim, onnxslim, onnxoptimizer and onnxscript. Measurements are kept in
RESULTS as they are made; with --reuse those of the peers are taken from there where the model is the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from measure import measure  # noqa: E402
from table import print_tables  # noqa: E402

OURS = "modelconv"
COMMANDS = {
    OURS: "import sys, modelconv; modelconv.simplify(sys.argv[1], sys.argv[2])",
    "onnxsim": "import sys, onnx, onnxsim; onnx.save(onnxsim.simplify(sys.argv[1])[0], sys.argv[2])",
    "onnxslim": "import sys, onnxslim; onnxslim.slim(sys.argv[1], sys.argv[2])",
    "onnxoptimizer": "import sys, onnx, onnxoptimizer; "
    "onnx.save(onnxoptimizer.optimize(onnx.load(sys.argv[1])), sys.argv[2])",
    "onnxscript": "import sys, onnx, onnxscript.optimizer; "
    "onnx.save(onnxscript.optimizer.optimize(onnx.load(sys.argv[1])), sys.argv[2])",
}
ENVIRONMENT = {"PYTHONPATH": str(HERE.parents[1] / "python"), "OMP_NUM_THREADS": "1"}


def identity(model: Path) -> str:
    """What a kept measurement belongs to."""
    status = model.stat()
    return f"{model}:{status.st_size}:{status.st_mtime_ns}"


def simplify(tool: str, interpreter: str, model: Path, target: Path, repeat: int) -> dict[str, Any]:
    """The run of median processor time."""
    command = [interpreter, "-c", COMMANDS[tool], model, target]
    costs = sorted(
        (measure(command, environment=ENVIRONMENT) for _ in range(repeat)), key=lambda cost: cost.cpu_seconds
    )
    cost = costs[len(costs) // 2]
    row = {
        "cpu": cost.cpu_seconds,
        "wall": cost.wall_seconds,
        "resident": cost.peak_resident,
        "private": cost.peak_private,
    }
    if cost.status != 0 or not target.exists():
        lines = cost.messages.strip().splitlines()
        row["failed"] = lines[-1][:300] if lines else f"status {cost.status}"
    return row


def check(original: Path, results: list[Path], rounds: int) -> list[dict[str, Any]]:
    """See check.py; a crash of a runtime is that model's result, not the end of the run."""
    command = [sys.executable, HERE / "check.py", original, *results, "--latency", str(rounds)]
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        print(f"  check of {original.name} failed: {ended.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return []
    return json.loads(ended.stdout.splitlines()[-1])


def measure_model(model: Path, options: argparse.Namespace, kept: dict[str, Any]) -> dict[str, Any]:
    """Original and tool -> row."""
    rows: dict[str, Any] = {}
    known = kept if kept.get("identity") == identity(model) else {}
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        made = {}
        for tool in options.tools:
            if tool != OURS and options.reuse and tool in known.get("rows", {}):
                rows[tool] = known["rows"][tool]
                continue
            target = Path(scratch) / f"{tool}.onnx"
            interpreter = sys.executable if tool == OURS else options.peers
            rows[tool] = simplify(tool, interpreter, model, target, options.repeat)
            if "failed" not in rows[tool]:
                made[tool] = target
        # Ours twice: how much two runs of the same file differ is the noise of the latencies.
        again = [made[OURS]] if OURS in made and options.latency else []
        checked = check(model, [model, *made.values(), *again], options.latency)
        for tool, row in zip(["original", *made, "again"], checked, strict=False):
            rows.setdefault(tool, {}).update(row)
    return {"identity": identity(model), "rows": rows}


def named_models(folders: list[Path]) -> dict[str, Path]:
    """Names as short as tells them apart: many files are called model.onnx."""
    paths = sorted({path for folder in folders for path in folder.rglob("*.onnx")})
    shared = {path.name for path in paths if sum(path.name == other.name for other in paths) > 1}
    return {f"{path.parent.name}/{path.stem}" if path.name in shared else path.stem: path for path in paths}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("MODELCONV_CORPUS", "")
    parser.add_argument("folders", nargs="*", type=Path, default=[Path(name) for name in default.split(":") if name])
    parser.add_argument("--peers", default=os.environ.get("MODELCONV_PEERS", sys.executable))
    parser.add_argument("--only", help="parts of file names, separated by commas")
    parser.add_argument("--tools", type=lambda text: text.split(","), default=list(COMMANDS))
    parser.add_argument("--latency", type=int, default=0, metavar="ROUNDS", help="0: not measured")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each tool; the one of median time counts")
    parser.add_argument("--results", type=Path, help="JSON; default: results.json in the first folder")
    parser.add_argument("--reuse", action="store_true", help="peers' rows are taken from the results")
    parser.add_argument("--scratch", type=Path, help="folder for the simplified models")
    options = parser.parse_args()
    if not options.folders:
        parser.error("an argument or MODELCONV_CORPUS names the folders of the models")
    results = options.results or options.folders[0] / "results.json"
    kept = json.loads(results.read_text()) if results.exists() else {}
    models = named_models(options.folders)
    if options.only:
        models = {name: path for name, path in models.items() if any(part in name for part in options.only.split(","))}
    shown = {}
    for name, path in models.items():
        shown[name] = kept[name] = measure_model(path, options, kept.get(name, {}))
        results.write_text(json.dumps(kept))
        print(f"\r{len(shown)} of {len(models)} {name:<60}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print_tables(
        {name: entry["rows"] for name, entry in shown.items()}, [tool for tool in options.tools if tool != OURS]
    )


if __name__ == "__main__":
    main()
