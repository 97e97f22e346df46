"""What simplify() says of itself, and what it does when a rule is wrong."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.explanation import Refusal, group_by_reason
from onnx import helper
from support import onnx_models, processes
from support.tested_module import function


def run_command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return processes.run_command([str(argument) for argument in arguments])


def conv_with_two_readers() -> onnx.ModelProto:
    """A batch normalisation that may not go into the convolution, because somebody else reads its result."""
    model = onnx_models.cnn()
    batchnorm = next(node for node in model.graph.node if node.op_type == "BatchNormalization")
    model.graph.node.insert(
        list(model.graph.node).index(batchnorm) + 1,
        helper.make_node("Exp", [batchnorm.input[0]], ["seen"], name="reader"),
    )
    model.graph.output.append(helper.make_value_info("seen", onnx.TypeProto()))
    model.graph.output[-1].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    return model


def test_where_rules_fired(cnn_path: Path) -> None:
    report = mc.simplify(cnn_path, explain=True).report
    assert report is not None
    assert report.explanation is not None
    fired = {rule: len(nodes) for rule, nodes in report.explanation.applied.items()}
    assert fired == report.rewrites
    assert all("'" in node for nodes in report.explanation.applied.values() for node in nodes)
    assert sum(report.ops_after.values()) < sum(report.ops_before.values())


def test_where_rules_almost_fired_and_why_not() -> None:
    report = mc.simplify(conv_with_two_readers(), explain=True).report
    assert report is not None
    assert report.explanation is not None
    refusals = report.explanation.almost["fuse_conv_batchnorm"]
    assert len(refusals) == 1
    assert refusals[0].node.startswith("BatchNormalization")
    assert "has 2 uses" in refusals[0].reason
    assert f"fuse_conv_batchnorm: {refusals[0].reason}: {refusals[0].node}" in report.explanation.to_text()


def test_nothing_is_recorded_unless_asked(cnn_path: Path) -> None:
    report = mc.simplify(cnn_path).report
    assert report is not None
    assert report.explanation is None
    assert report.rewrites


def test_conversions_explain_too(cnn_path: Path) -> None:
    explanation = mc.convert(cnn_path, explain=True).report.explanation
    assert explanation is not None
    assert explanation.applied
    assert mc.convert(cnn_path).report.explanation is None


def test_short_and_full_text() -> None:
    explanation = mc.Explanation(
        applied={"rule_a": [f"Conv 'c{i}'" for i in range(5)]},
        almost={"rule_b": [Refusal("Add 'x'", "'k' has 2 uses"), Refusal("Add 'y'", "'l' has 3 uses")]},
    )
    assert explanation.to_text().splitlines() == [
        "applied: 5 rewrites",
        "      5 rule_a: Conv 'c0', Conv 'c1', Conv 'c2' and 2 more",
        "almost: 2 refusals",
        "      2 rule_b: 'k' has 2 uses: Add 'x', Add 'y'",
    ]
    assert "Conv 'c4'" in explanation.to_text(full=True)


def test_reasons_are_grouped_by_kind() -> None:
    refusals = [Refusal("a", "it pads"), Refusal("b", "'x' has 2 uses"), Refusal("c", "'y' has 4 uses")]
    assert group_by_reason(refusals) == [("'x' has 2 uses", ["b", "c"]), ("it pads", ["a"])]


def test_misspelt_rules_are_refused(cnn_path: Path) -> None:
    with pytest.raises(mc.ModelConvError, match="did you mean 'fuse_conv_batchnorm'"):
        mc.simplify(cnn_path, skip=["fuse_conv_batchnom"])


@pytest.fixture
def faulty_rule() -> Iterator[None]:
    """A rule that makes Sub an Add, compiled only into a module built for tests."""
    set_faulty_rule = function("set_faulty_rule")
    set_faulty_rule(True)
    yield
    set_faulty_rule(False)


def difference_model() -> onnx.ModelProto:
    return onnx_models.make_model(
        [
            helper.make_node("Identity", ["x"], ["same"], name="first"),
            helper.make_node("Sub", ["same", "x2"], ["d"], name="second"),
            helper.make_node("Tanh", ["d"], ["y"], name="third"),
        ],
        [onnx_models.tensor_info("x", [4]), onnx_models.tensor_info("x2", [4])],
        [onnx_models.tensor_info("y", [4])],
    )


def test_a_guilty_rule_is_found_and_switched_off(faulty_rule: None) -> None:
    x = {"x": onnx_models.random_array(4), "x2": onnx_models.random_array(4, seed=1)}
    expected = np.tanh(x["x"] - x["x2"])
    assert not np.allclose(mc.simplify(difference_model()).run(x)["y"], expected)  # the rule is wrong indeed
    with pytest.warns(RuntimeWarning, match="rule replace_sub_by_add changed the results at Sub 'second'"):
        simplified = mc.simplify(difference_model(), check=2)
    np.testing.assert_allclose(simplified.run(x)["y"], expected, rtol=1e-6)
    assert simplified.op_counts() == {"Sub": 1, "Tanh": 1}  # the others have done their work
    assert simplified.report is not None
    guilty = simplified.report.disabled[0]
    assert (guilty.rule, guilty.node, guilty.output) == ("replace_sub_by_add", "Sub 'second'", "y")


def test_check_says_nothing_when_all_is_right(cnn_path: Path) -> None:
    report = mc.simplify(cnn_path, check=2).report
    assert report is not None
    assert report.disabled == []
    assert report.warnings == []


def test_check_of_a_model_that_cannot_be_run() -> None:
    with pytest.raises(mc.UnsupportedOpError, match="Whirl"):
        mc.simplify(onnx_models.unknown_ops(), check=1)


def test_random_operators_pass_the_check() -> None:
    model = onnx_models.make_model(
        [
            helper.make_node("Identity", ["x"], ["same"]),
            helper.make_node("RandomNormalLike", ["same"], ["noise"]),
            helper.make_node("Add", ["same", "noise"], ["y"]),
        ],
        [onnx_models.tensor_info("x", [5])],
        [onnx_models.tensor_info("y", [5])],
    )
    report = mc.simplify(model, check=2).report
    assert report is not None
    assert report.disabled == []


def test_command_explains(tmp_path: Path) -> None:
    onnx.save(conv_with_two_readers(), tmp_path / "in.onnx")
    result = run_command("simplify", tmp_path / "in.onnx", tmp_path / "out.onnx", "--explain")
    assert result.returncode == 0, result.stderr
    assert "has 2 uses" in result.stderr
    assert result.stdout == ""
    result = run_command("simplify", tmp_path / "in.onnx", tmp_path / "out.onnx", "--explain", "--json")
    data = json.loads(result.stdout)["report"]
    assert data["explanation"]["almost"]["fuse_conv_batchnorm"][0]["node"].startswith("BatchNormalization")
    result = run_command("convert", tmp_path / "in.onnx", tmp_path / "out.onnx", "--explain", "--skip", "eliminate")
    assert "almost: " in result.stderr


def test_command_lists_rules() -> None:
    result = run_command("simplify", "--list-rules")
    assert result.returncode == 0, result.stderr
    assert "fuse_conv_batchnorm" in result.stdout
    rules = [name for row in mc.passes() for name, _ in row.rules]
    assert all(rule in result.stdout for rule in rules)
    assert len(rules) > 30


def test_command_with_a_misspelt_rule(cnn_path: Path, tmp_path: Path) -> None:
    result = run_command("simplify", cnn_path, tmp_path / "out.onnx", "--skip", "eliminate_identitty")
    assert result.returncode == 2
    assert "did you mean 'eliminate_identity'" in result.stderr
    assert not (tmp_path / "out.onnx").exists()
