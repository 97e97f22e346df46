"""--html and --show of the command line."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import modelconv as mc
import onnx
import pytest
from modelconv.cli import main
from support import onnx_models
from support.pages import data_of


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Addresses that would have been opened in a browser."""
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) is None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)  # forget what TMPDIR was
    return addresses


def test_inspect(saved: Path, tmp_path: Path, opened: list[str]) -> None:
    page = tmp_path / "graph.html"
    assert run("inspect", saved, "--html", page) == 0
    assert page.read_text(encoding="utf-8") == mc.load(saved).to_html("cnn.onnx")
    assert opened == []


def test_show_opens_the_page(
    saved: Path, tmp_path: Path, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("inspect", saved, "--show") == 0
    path = Path(url2pathname(urlparse(opened[0]).path))
    assert path.is_relative_to(tmp_path)
    assert data_of(path.read_text(encoding="utf-8"))["title"] == "cnn.onnx"
    assert str(path) in capsys.readouterr().err


def test_show_says_where_the_page_is_when_there_is_no_browser(
    saved: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert run("inspect", saved, "--show") == 0
    assert "cnn.html  (no browser found: open it yourself)" in capsys.readouterr().err


def test_convert(saved: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert run("convert", saved, tmp_path / "out.onnx", "--html", page) == 0
    assert "6 \u2192 5" in page.read_text(encoding="utf-8")


def test_convert_that_fails_its_verification_leaves_the_page(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = mc.verify_against(onnx_models.cnn(seed=1), mc.load(saved))
    assert not report

    def fail(*_: object, **__: object) -> mc.Conversion:
        report.raise_if_failed()
        raise AssertionError

    monkeypatch.setattr(mc, "convert", fail)
    page = tmp_path / "report.html"
    assert run("convert", saved, tmp_path / "out.onnx", "--verify", "--html", page) == 1
    assert page.read_text(encoding="utf-8") == report.to_html()


def test_verify(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    onnx.save(onnx_models.cnn(seed=1), other)
    for model, status in ((saved, 0), (other, 1)):
        page = tmp_path / f"{status}.html"
        assert run("verify", model, saved, "--per-layer", "--html", page) == status
        assert f"{1 - status} of 1 output within the tolerance" in page.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_one_clear_error(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("inspect", saved, "--html", tmp_path / "missing" / "graph.html") == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert "graph.html" in message
