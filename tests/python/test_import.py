"""Importing modelconv is quick, pulls in nothing heavy, and gets along with every framework in the same process."""

from __future__ import annotations

import statistics
from pathlib import Path

import h5py
import onnx
import pytest
from support import onnx_models
from support.processes import output_of, skip_without

# Processor time above numpy's own import. Processor time of the import alone, not wall time of a process, so that
# other load on the machine does not count; the median, so that a cold file cache does not.
LARGEST_IMPORT_SECONDS = 0.050

TIME_IMPORT = """
import numpy, time
start = time.process_time()
import modelconv
print(time.process_time() - start)
"""

HEAVY = ("google", "h5py", "hetu", "keras", "onnx", "onnxruntime", "rich", "tensorflow", "tf_keras", "torch", "typer")


def test_import_takes_little_time() -> None:
    output_of(TIME_IMPORT)  # warms the file cache and writes the bytecode
    seconds = [float(output_of(TIME_IMPORT)) for _ in range(7)]
    assert statistics.median(seconds) <= LARGEST_IMPORT_SECONDS, seconds


def test_import_pulls_in_nothing_heavy() -> None:
    loaded = output_of("import modelconv, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))")
    assert "modelconv" in loaded.split()
    assert sorted(set(loaded.split()) & set(HEAVY)) == []


def test_converting_files_imports_no_framework(tmp_path: Path) -> None:
    onnx.save(onnx_models.cnn(), tmp_path / "in.onnx")
    loaded = output_of(
        "import modelconv, sys; modelconv.convert(sys.argv[1], sys.argv[2])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))",
        str(tmp_path / "in.onnx"),
        str(tmp_path / "out.onnx"),
    )
    assert (tmp_path / "out.onnx").exists()
    assert sorted(set(loaded.split()) & set(HEAVY)) == []


def test_reading_hdf5_does_not_need_h5py(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["w"] = [1.0, 2.0]
    loaded = output_of(
        "import sys; sys.modules['h5py'] = None\nimport modelconv\nprint(*modelconv.load(sys.argv[1]).weights['w'])",
        str(tmp_path / "m.h5"),
    )
    assert loaded.split() == ["1.0", "2.0"]


CONVERT = """
def convert():
    import modelconv, numpy
    result = modelconv.convert(sys.argv[1], sys.argv[2])
    x = numpy.ones((2, 3, 16, 16), numpy.float32)
    assert result.model.run({"image": x})["scores"].shape == (2, 5)
    try:
        modelconv.load(b"junk")
    except modelconv.UnknownFormatError:  # exceptions still cross the border between the two languages
        print("converted")
"""

# Something that each framework computes with its own native code.
USE = {
    "onnx": "onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)",
    "onnxruntime": "onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])",
    "tensorflow": "assert int(tensorflow.reduce_sum(tensorflow.ones((3, 3)))) == 9",
    "torch": "assert int(torch.ones(3, 3).sum()) == 9",
}


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize(
    "framework",
    [
        "onnx",
        "onnxruntime",
        pytest.param("tensorflow", marks=pytest.mark.slow),
        pytest.param("torch", marks=pytest.mark.slow),
    ],
)
def test_shares_a_process_with(framework: str, order: str, tmp_path: Path) -> None:
    skip_without(framework)
    onnx.save(onnx_models.cnn(), tmp_path / "in.onnx")
    use = f"import {framework}\n{USE[framework]}\n"
    steps = [use, "convert()\n", use] if order == "before" else ["convert()\n", use, "convert()\n"]
    code = f"import sys\n{CONVERT}\n{''.join(steps)}"
    printed = output_of(code, str(tmp_path / "in.onnx"), str(tmp_path / "out.onnx"))
    assert "converted" in printed


@pytest.mark.slow
def test_shares_a_process_with_all_of_them(tmp_path: Path) -> None:
    for framework in USE:
        skip_without(framework)
    onnx.save(onnx_models.cnn(), tmp_path / "in.onnx")
    steps = [f"import {framework}\n{use}\nconvert()\n" for framework, use in USE.items()]
    code = f"import sys\n{CONVERT}\n{''.join(steps)}"
    printed = output_of(code, str(tmp_path / "in.onnx"), str(tmp_path / "out.onnx"))
    assert printed.count("converted") == len(USE)
