"""docs/command-line.md: its tables are what the command does."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NoReturn

import onnx
import pytest
from modelconv.cli import exit_status, main
from support import onnx_models
from support.processes import skip_without

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"
ROWS = [[cell.strip() for cell in line.split("|")[1:3]] for line in PAGE.read_text().splitlines() if line[:2] == "| "]
KEYS = {
    row[0].strip("`").removesuffix(" --json"): re.findall(r"`(\w+)`", row[1]) for row in ROWS if "--json`" in row[0]
}

FACTORY = """
import torch

print("loading the configuration")

def factory():
    print("building")
    return torch.nn.Linear(3, 2)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    onnx.save(onnx_models.cnn(), tmp_path / "net.onnx")
    changed = onnx_models.with_weight(onnx_models.mlp(), "w2", onnx_models.weight(onnx_models.mlp(), "w2") * 1.5)
    onnx.save(onnx_models.mlp(), tmp_path / "mlp.onnx")
    onnx.save(changed, tmp_path / "changed.onnx")
    (tmp_path / "net.py").write_text(FACTORY)
    (tmp_path / "batch.toml").write_text('[[model]]\nsource = "net.onnx"\ntarget = "out.tflite"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(command.split())
    captured = capsys.readouterr()
    assert isinstance(stopped.value.code, int)
    return stopped.value.code, captured.out, captured.err


def document(text: str) -> Any:
    """Strict JSON: no NaN, nothing in front or behind."""

    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_exit_statuses() -> None:
    documented = [int(row[0]) for row in ROWS if row[0].isdigit()]
    assert documented == sorted(value for name, value in vars(exit_status).items() if name.isupper())


JSON = [
    ("convert", "convert net.onnx out.onnx --verify", 0),
    ("convert", "convert net.onnx out.tflite --quantize dynamic --explain", 0),
    ("convert", "convert net.onnx out.onnx --no-simplify", 0),
    ("convert --plan", "convert net.onnx out.tflite --plan", 0),
    ("simplify", "simplify net.onnx out.onnx --check 1 --explain", 0),
    ("verify", "verify mlp.onnx mlp.onnx --per-layer", 0),
    ("verify", "verify changed.onnx mlp.onnx", 1),
    ("inspect", "inspect net.onnx", 0),
    ("diff", "diff net.onnx", 0),
    ("diff", "diff mlp.onnx mlp.onnx --exit-code", 0),
    ("diff", "diff mlp.onnx changed.onnx --exit-code", 1),
    ("batch", "batch batch.toml --workers 0", 0),
    ("formats", "formats", 0),
]


@pytest.mark.parametrize(("row", "command", "status"), JSON, ids=[command for _, command, _ in JSON])
def test_json(row: str, command: str, status: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, output, _ = run(f"{command} --json", capsys)
    assert found == status
    assert list(document(output)) == KEYS[row]


def test_json_of_an_export_is_apart_from_what_the_users_code_prints(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without("torch")
    monkeypatch.setattr(sys, "path", list(sys.path))
    status, output, messages = run("export net.py:factory out.onnx --shape 2,3 --verify --json", capsys)
    assert status == 0
    assert list(document(output)) == KEYS["export"]
    assert document(output)["verifications"][0]["passed"] is True
    assert "building" in messages


def test_json_of_a_failed_verification(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import modelconv as mc
    import numpy as np

    def differ(*_: object, **__: object) -> mc.VerificationReport:
        return mc.verify_against(onnx_models.mlp(), {"y": np.full((1, 3), np.inf, np.float32)})

    monkeypatch.setattr("modelconv.written.verify_against", differ)
    status, output, messages = run("convert mlp.onnx out.onnx --verify --json", capsys)
    assert status == 1
    assert document(output)["verification"]["passed"] is False
    assert messages.startswith("error: the outputs differ")


def test_every_command_that_has_json_is_documented() -> None:
    import typer
    from modelconv.cli.main import app

    commands = typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    having = {name for name, command in commands if any("--json" in option.opts for option in command.params)}
    assert having == {row.split()[0] for row in KEYS} == {name for name, _ in commands}


def test_after_an_error_nothing_is_on_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.onnx").write_bytes((folder / "net.onnx").read_bytes()[:300])
    for command in ("convert broken.onnx o.onnx", "verify broken.onnx net.onnx", "inspect broken.onnx", "batch none"):
        status, output, messages = run(f"{command} --json", capsys)
        assert (status, output) == (2, ""), command
        assert messages.startswith("error: ")
