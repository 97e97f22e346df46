"""Every notebook runs from a clean kernel, in an empty folder; its own assertions prove what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.processes import SECONDS, run_python, skip_without

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))

# What a notebook imports, or runs a reference with, beyond modelconv and NumPy.
NEEDS = {
    "darknet_to_tflite": ["ai_edge_litert"],
    "export_each_epoch": ["onnxruntime", "sklearn", "torch"],
    "hetu_round_trip": ["onnxruntime", "torch"],
    "hyperpose_npz": ["onnxruntime", "tensorflow"],
    "keras_int8_tflite": ["ai_edge_litert", "keras", "sklearn", "tensorflow"],
    "pytorch_multitask": ["onnxruntime", "tensorflow", "torch"],
    "simplify_and_verify": ["onnx", "onnxruntime"],
}


def test_every_notebook_is_known() -> None:
    assert sorted(NEEDS) == [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_committed_clean(path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code), "clear the outputs before committing"
    assert any("assert" in cell.source for cell in code), "a notebook proves what it says"


# The kernel is this interpreter with this package, whatever kernels the user has. In a process of its own, because
# nbclient leaves sockets to the garbage collector.
EXECUTE = """
import sys

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

_, path, folder, seconds = sys.argv
NotebookClient(
    nbformat.read(path, as_version=4),
    km=AsyncKernelManager(kernel_name="python3"),
    timeout=int(seconds),
    resources={"metadata": {"path": folder}},
).execute()
"""


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_a_clean_kernel(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without("ipykernel", "nbclient", "nbformat", *NEEDS[path.stem])
    for variable in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    folder = tmp_path / "run"
    folder.mkdir()
    result = run_python(EXECUTE, str(path), str(folder), str(SECONDS))
    assert result.returncode == 0, result.stderr[-4000:]  # ends with the cell and its traceback
