"""diff(): what became of each node, as data, text, page and command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
from onnx import helper
from support import onnx_models
from support.pages import HOSTILE, Tables, assert_self_contained


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", "modelconv", "diff", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_equal_models_do_not_differ(cnn: mc.Model) -> None:
    found = mc.diff(cnn, onnx_models.cnn())
    assert not found
    assert (found.kept, found.rewritten, found.gone, found.new) == (cnn.node_count, (), (), ())


def test_what_simplify_made_is_told_with_its_rules(saved: Path) -> None:
    found, after = mc.diff(saved), mc.simplify(saved)
    assert found
    assert after.report is not None
    assert found.rules == after.report.rewrites
    assert found.ops_after == after.op_counts()
    fused = [rewrite for rewrite in found.rewritten if "BatchNormalization" in rewrite.before]
    assert [(rewrite.before, rewrite.after) for rewrite in fused] == [(("Conv", "BatchNormalization"), "Conv")]
    assert found.kept + len(found.rewritten) + len(found.new) == after.node_count
    claimed = found.kept + sum(len(rewrite.before) for rewrite in found.rewritten) + len(found.gone)
    assert claimed == mc.load(saved).node_count


def test_a_file_says_the_same_as_the_model_in_memory(saved: Path, tmp_path: Path) -> None:
    mc.simplify(saved, tmp_path / "after.onnx")
    found, known = mc.diff(saved, tmp_path / "after.onnx"), mc.diff(saved)
    assert (found.kept, found.rewritten, found.gone) == (known.kept, known.rewritten, known.gone)
    assert found.rules == {}


def test_changed_weights_and_attributes_and_interfaces() -> None:
    model = onnx_models.cnn()
    other = onnx_models.with_weight(model, "k2", onnx_models.weight(model, "k2") * np.float32(2))
    assert mc.diff(model, other).weights.changed == ("k2",)
    other.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "images"
    other.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "images"
    assert len(mc.diff(model, other).interface) == 2

    def leaky(alpha: float) -> onnx.ModelProto:
        node = helper.make_node("LeakyRelu", ["x"], ["y"], alpha=alpha)
        return onnx_models.make_model([node], [onnx_models.tensor_info("x", [2])], [onnx_models.tensor_info("y", [2])])

    (rewrite,) = mc.diff(leaky(0.1), leaky(0.2)).rewritten
    assert (rewrite.before, rewrite.after) == (("LeakyRelu",), "LeakyRelu")


def test_page_shows_the_numbers_and_hostile_names_as_text(saved: Path, hostile: mc.Model) -> None:
    found = mc.diff(saved)
    page = found.to_html("cnn")
    assert Tables(page).row("Conv + BatchNormalization")[1:3] == ["Conv", "1"]
    assert_self_contained(page)
    assert HOSTILE not in mc.diff(hostile, onnx_models.cnn()).to_html(HOSTILE)


def test_command(saved: Path, tmp_path: Path) -> None:
    text = run(str(saved))
    assert "rewritten  Conv + BatchNormalization -> Conv, once" in text
    assert json.loads(run(str(saved), "--json", "--html", str(tmp_path / "d.html")))["kept"] == mc.diff(saved).kept
    assert (tmp_path / "d.html").is_file()
