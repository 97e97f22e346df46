"""The modelconv command: every subcommand, its exit status, what it prints where."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.cli import main
from support import onnx_models
from support.processes import run_command
from support.reference import assert_close, run_onnxruntime


@dataclass
class Result:
    status: int
    output: str
    """Standard output: results for machines."""
    messages: str
    """Standard error: what happened, for people."""


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_in_process(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = caught.value.code
        return Result(code if isinstance(code, int) else int(code is not None), captured.out, captured.err)

    return run_in_process


def assert_one_clear_error(result: Result, *mentioned: str) -> None:
    assert result.status == 2
    assert result.output == ""
    assert "Traceback" not in result.messages
    assert result.messages.lower().count("error") == 1, result.messages
    for text in mentioned:
        assert text in result.messages


def test_convert(run: Run, cnn_path: Path, tmp_path: Path, image: dict[str, np.ndarray]) -> None:
    target = tmp_path / "out.onnx"
    result = run("convert", cnn_path, target)
    assert result.status == 0
    assert result.output == ""
    assert str(target) in result.messages
    assert "6 -> 5 nodes" in result.messages
    assert_close(run_onnxruntime(target, image), run_onnxruntime(cnn_path, image))


def test_convert_with_every_option(run: Run, mlp_path: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.model"
    result = run(
        *("convert", mlp_path, target, "--from", "onnx", "--to", "onnx", "--opset", 15, "--no-simplify", "--verify"),
        *("--inputs", "x", "--outputs", "y,logits", "--input-names", "features", "--output-names", "p,l"),
        *("--input-shape", "features=2,4", "--dynamic", "features:0=batch", "--external-data"),
    )
    assert result.status == 0, result.messages
    written = onnx.load(target)
    assert [value.name for value in written.graph.output] == ["p", "l"]
    assert [value.name for value in written.graph.input] == ["features"]


def test_convert_fixes_shapes(run: Run, mlp_path: Path, tmp_path: Path) -> None:
    for sizes, shape in (("2,4", (2, 4)), ("rows,4", ("rows", 4)), ("?,4", (None, 4)), ("-1,4", (None, 4))):
        assert run("convert", mlp_path, tmp_path / "o.onnx", "--input-shape", f"x={sizes}").status == 0
        assert mc.load(tmp_path / "o.onnx").inputs[0].shape == shape


def test_convert_verifies(run: Run, cnn_path: Path, tmp_path: Path) -> None:
    result = run("convert", cnn_path, tmp_path / "out.onnx", "--verify")
    assert result.status == 0
    assert "onnxruntime" in result.messages
    assert "scores" in result.messages


def test_convert_reports_as_json(run: Run, cnn_path: Path, tmp_path: Path) -> None:
    result = run("convert", cnn_path, tmp_path / "out.onnx", "--json", "--verify")
    data = json.loads(result.output)
    assert (data["source_format"], data["target_format"]) == ("onnx", "onnx")
    assert data["path"] == str(tmp_path / "out.onnx")
    assert data["report"]["ops_before"]["Conv"] == 2
    assert data["verification"]["passed"] is True


def test_simplify(run: Run, tmp_path: Path) -> None:
    onnx.save(onnx_models.redundant(), tmp_path / "in.onnx")
    result = run("simplify", tmp_path / "in.onnx", tmp_path / "out.onnx", "--check", 2)
    assert result.status == 0
    assert "6 -> 1 nodes" in result.messages
    assert [node.op_type for node in onnx.load(tmp_path / "out.onnx").graph.node] == ["Mul"]


def test_simplify_options(run: Run, mlp_path: Path, tmp_path: Path) -> None:
    result = run(
        "simplify",
        mlp_path,
        tmp_path / "o.onnx",
        "--input-shape",
        "x=2,4",
        "--skip",
        "fold_constants",
        "--fold-limit",
        0,
    )
    assert result.status == 0
    assert mc.load(tmp_path / "o.onnx").inputs[0].shape == (2, 4)


@pytest.fixture
def changed_path(tmp_path: Path) -> Path:
    model = onnx_models.mlp()
    changed = onnx_models.with_weight(model, "w2", onnx_models.weight(model, "w2") * np.float32(1.5))
    onnx.save(changed, tmp_path / "changed.onnx")
    return tmp_path / "changed.onnx"


def test_verify_passes(run: Run, mlp_path: Path) -> None:
    result = run("verify", mlp_path, mlp_path, "--samples", 2, "--seed", 3)
    assert result.status == 0
    assert "passed" in result.messages


def test_verify_fails_with_status_1(run: Run, mlp_path: Path, changed_path: Path) -> None:
    result = run("verify", changed_path, mlp_path, "--per-layer")
    assert result.status == 1
    assert "FAIL" in result.messages
    assert "fc2" in result.messages
    assert "Traceback" not in result.messages


def test_verify_tolerances(run: Run, mlp_path: Path, changed_path: Path) -> None:
    assert run("verify", changed_path, mlp_path, "--rtol", 10).status == 0
    assert run("verify", changed_path, mlp_path, "--rtol", 0, "--atol", 1e-9).status == 1


def test_verify_writes_reports(run: Run, mlp_path: Path, changed_path: Path, tmp_path: Path) -> None:
    result = run("verify", changed_path, mlp_path, "--json", "--html", tmp_path / "report.html")
    assert result.status == 1
    assert json.loads(result.output)["passed"] is False
    assert "<table>" in (tmp_path / "report.html").read_text()


def test_a_failed_verification_of_a_conversion_is_status_1(
    run: Run, mlp_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(*_: object, **__: object) -> mc.VerificationReport:
        comparison = mc.verify_against(onnx_models.mlp(), {"y": np.zeros((1, 3), np.float32)})
        assert not comparison.passed
        return comparison

    monkeypatch.setattr("modelconv.written.verify_against", differ)
    result = run("convert", mlp_path, tmp_path / "out.onnx", "--verify")
    assert result.status == 1
    assert "differ" in result.messages


def test_inspect(run: Run, cnn_path: Path) -> None:
    result = run("inspect", cnn_path, "--ops", "--tensors")
    assert result.status == 0
    assert result.messages == ""
    for part in ("image: float32[N, 3, 16, 16]", "     2 Conv", "k1: float32[6, 3, 3, 3]"):
        assert part in result.output


def test_inspect_as_json(run: Run, cnn_path: Path) -> None:
    data = json.loads(run("inspect", cnn_path, "--json").output)
    assert data["inputs"] == [{"name": "image", "dtype": "float32", "shape": ["N", 3, 16, 16]}]
    assert data["ops"]["Conv"] == 2
    assert data["weights"]["k1"] == {"dtype": "float32", "shape": [6, 3, 3, 3]}


def test_inspect_as_text(run: Run, mlp_path: Path) -> None:
    assert "Gemm" in run("inspect", mlp_path, "--text").output


def test_formats(run: Run) -> None:
    result = run("formats")
    assert result.status == 0
    listed = {line.split()[0]: line for line in result.output.partition("architectures")[0].splitlines()}
    assert {row.name for row in mc.formats()} == set(listed)
    assert "read write" in listed["onnx"]


def test_version(run: Run) -> None:
    assert run("--version").output.strip() == mc.__version__


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", [(), ("convert",), ("simplify",), ("verify",), ("inspect",), ("formats",)])
def test_help(run: Run, command: tuple[str, ...], flag: str) -> None:
    result = run(*command, flag)
    assert result.status == 0
    assert "Usage" in result.output


BAD_USAGE: list[tuple[tuple[str, ...], str]] = [
    (("convert",), "SRC"),
    (("convert", "a.onnx"), "DST"),
    (("convert", "{mlp}", "{out}", "--no-such-option"), "--no-such-option"),
    (("convert", "{mlp}", "{out}", "--simplfy"), "--no-simplify"),
    (("convert", "{mlp}", "{out}", "--opset", "many"), "--opset"),
    (("convert", "{mlp}", "{out}", "--input-shape", "1,4"), "NAME=1,3,224,224"),
    (("convert", "{mlp}", "{out}", "--dynamic", "x"), "NAME:AXIS=DIMENSION"),
    (("convert", "{mlp}", "{out}", "--option", "key"), "KEY=VALUE"),
    (("simplfy", "{mlp}", "{out}"), "simplify"),
    (("verify", "{mlp}"), "REFERENCE"),
    (("inspect", "{mlp}", "--jsn"), "--json"),
]


@pytest.mark.parametrize(("arguments", "mentioned"), BAD_USAGE, ids=[" ".join(row[0]) for row in BAD_USAGE])
def test_bad_usage(run: Run, arguments: tuple[str, ...], mentioned: str, mlp_path: Path, tmp_path: Path) -> None:
    result = run(*(argument.format(mlp=mlp_path, out=tmp_path / "out.onnx") for argument in arguments))
    assert result.status == 2
    assert "Traceback" not in result.messages
    assert result.messages.startswith("error: ")
    assert mentioned in result.messages
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize("command", ["convert", "simplify", "inspect", "verify"])
def test_a_missing_file(run: Run, command: str, mlp_path: Path, tmp_path: Path) -> None:
    wrong = mlp_path.with_name("mpl.onnx")
    rest = {
        "convert": [tmp_path / "out.onnx"],
        "simplify": [tmp_path / "out.onnx"],
        "inspect": [],
        "verify": [mlp_path],
    }
    assert_one_clear_error(run(command, wrong, *rest[command]), "mpl.onnx", "did you mean mlp.onnx")


def test_a_bad_reference(run: Run, mlp_path: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no model")
    assert_one_clear_error(run("verify", mlp_path, tmp_path / "notes.txt"), "notes.txt")


def test_without_arguments_the_help_is_shown(run: Run) -> None:
    assert run().output == run("--help").output


def test_an_unknown_target_suffix(run: Run, mlp_path: Path, tmp_path: Path) -> None:
    assert_one_clear_error(run("convert", mlp_path, tmp_path / "out.xyz"), "out.xyz", ".onnx")


def test_an_unknown_tensor(run: Run, mlp_path: Path, tmp_path: Path) -> None:
    result = run("convert", mlp_path, tmp_path / "out.onnx", "--outputs", "logitz")
    assert_one_clear_error(result, "logitz", "did you mean 'logits'")


def test_a_html_report_that_cannot_be_written(run: Run, mlp_path: Path, tmp_path: Path) -> None:
    assert_one_clear_error(run("verify", mlp_path, mlp_path, "--html", tmp_path / "nowhere" / "r.html"), "nowhere")


def test_a_broken_model_is_one_clear_error(run: Run, cnn_path: Path, tmp_path: Path) -> None:
    data = cnn_path.read_bytes()
    cnn_path.write_bytes(data[: len(data) // 3])
    assert_one_clear_error(run("convert", cnn_path, tmp_path / "out.onnx"), str(cnn_path))
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize("before", [True, False])
def test_traceback_on_request(run: Run, tmp_path: Path, before: bool) -> None:
    rest = ["convert", tmp_path / "none.onnx", tmp_path / "out.onnx"]
    result = run("--traceback", *rest) if before else run(*rest, "--traceback")
    assert result.status == 2
    assert "Traceback (most recent call last)" in result.messages


def test_as_a_process(cnn_path: Path, tmp_path: Path) -> None:
    good = run_command(["convert", str(cnn_path), str(tmp_path / "out.onnx")])
    assert (good.returncode, good.stdout) == (0, "")
    assert "6 -> 5 nodes" in good.stderr
    bad = run_command(["convert", str(tmp_path / "cn.onnx"), str(tmp_path / "out.onnx")])
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr
    assert bad.stderr.startswith("error: ")


def test_verify_names_the_input_that_does_not_fit(run: Run, cnn_path: Path, tmp_path: Path) -> None:
    assert run("convert", cnn_path, tmp_path / "small.onnx", "--input-shape", "image=1,3,16,16").status == 0
    assert run("convert", cnn_path, tmp_path / "large.onnx", "--input-shape", "image=1,3,32,32").status == 0
    result = run("verify", tmp_path / "small.onnx", tmp_path / "large.onnx")
    assert_one_clear_error(result, "input 'image' of the reference is [1, 3, 32, 32], the model's is [1, 3, 16, 16]")


def test_formats_are_in_columns(run: Run) -> None:
    lines = run("formats").output.partition("architectures")[0].splitlines()
    columns = {line.index("read") for line in lines if "read" in line}
    assert len(columns) == 1


def test_batch(run: Run, cnn_path: Path, tmp_path: Path) -> None:
    (tmp_path / "batch.toml").write_text(f'[[model]]\nsource = "{cnn_path.name}"\ntarget = "out.tflite"\n')
    result = run("batch", tmp_path / "batch.toml", "--workers", 0)
    assert result.status == 0
    assert "1 converted" in result.output
    result = run("batch", tmp_path / "batch.toml", "--workers", 0, "--json")
    assert json.loads(result.output)["counts"]["unchanged"] == 1
    cnn_path.write_bytes(cnn_path.read_bytes()[:200])
    result = run("batch", tmp_path / "batch.toml", "--workers", 0)
    assert result.status == 1
    assert "MalformedModelError" in result.output
    assert_one_clear_error(run("batch", tmp_path / "btch.toml"), "btch.toml")


def test_formats_as_json(run: Run) -> None:
    listed = json.loads(run("formats", "--json").output)
    assert [row["name"] for row in listed["formats"]] == [row.name for row in mc.formats()]
    assert listed["architectures"] == mc.architectures()


COMPLETIONS = [
    ("modelconv ba", "batch"),
    ("modelconv convert --quan", "--quantize"),
    ("modelconv convert a b --quantize f", "float16"),
    ("modelconv convert a b --io-type u", "uint8"),
    ("modelconv convert a b --from dark", "darknet"),
    ("modelconv convert a b --to save", "saved_model"),
    ("modelconv convert a b --input-layout nh", "nhwc"),
    ("modelconv convert a b --architecture hyperpose/pose_p", "hyperpose/pose_proposal"),
    ("modelconv convert a b --skip fuse_conv_batch", "fuse_conv_batchnorm"),
    ("modelconv simplify a b --enable sparse", "sparse-roi"),
    ("modelconv verify a b --tolerance lo", "loose"),
    ("modelconv batch a --to tfl", "tflite"),
]


@pytest.mark.parametrize(("words", "expected"), COMPLETIONS)
def test_completion_in_bash(words: str, expected: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_MODELCONV_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert run().output.split()[0] == expected


def test_completion_in_zsh_and_fish(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their scripts, as typer has them, hand over the line so far."""
    for shell in ("zsh", "fish"):
        monkeypatch.setenv("_MODELCONV_COMPLETE", f"complete_{shell}")
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "modelconv convert a b --quantize f")
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        assert "float16" in run().output


def test_what_is_no_option_completes_to_files(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is offered, so that bash offers files (complete -o default)."""
    monkeypatch.setenv("_MODELCONV_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "modelconv convert ")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert run().output.split() == []
    monkeypatch.setenv("_MODELCONV_COMPLETE", "source_bash")
    assert "-o default" in run().output


def test_inspect_suggests_a_command_that_works(
    run: Run, cnn_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = json.loads(run("inspect", cnn_path, "--json").output)["command"]
    assert command.endswith("cnn.tflite --outputs scores --input-shape image=N,3,16,16")
    assert f"convert {command}" in run("inspect", cnn_path).output
    assert run(*command.split()[1:]).status == 0
    assert (tmp_path / "cnn.tflite").exists()
