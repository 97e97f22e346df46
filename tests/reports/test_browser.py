"""Pages as a browser shows them: headless Chromium, driven by Playwright."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import modelconv as mc
import pytest
from support import onnx_models

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page with what it complained about and what it asked the network for."""

    def __init__(self, browser: Any, path: Path, html: str, scheme: str = "light") -> None:
        path.write_text(html, encoding="utf-8")
        self.page = browser.new_page(viewport={"width": 1200, "height": 800}, color_scheme=scheme)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append("dialog"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self._address = path.as_uri()

    def assert_quiet_and_close(self) -> None:
        assert self.complaints == []
        assert self.requests == [self._address]
        self.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_verification_report(browser: Any, tmp_path: Path, failed_report: mc.VerificationReport, scheme: str) -> None:
    opened = Opened(browser, tmp_path / "report.html", failed_report.to_html(), scheme)
    page = opened.page
    (output,) = failed_report.outputs
    row = page.locator("tr", has=page.get_by_role("cell", name="scores", exact=True)).first
    cells = row.locator("td").all_inner_texts()
    assert cells[:4] == ["scores", "failed", f"{output.max_abs:.2e}", f"{output.max_rel:.2e}"]
    assert cells[-2:] == [f"{output.mismatched:,}", f"{output.elements:,}"]
    assert page.locator("svg").count() == 2
    assert page.locator("svg circle.mark").count() == 1
    # The table of layers is folded away until it is wanted.
    layer = page.get_by_role("cell", name="c2", exact=True)
    assert not layer.is_visible()
    page.get_by_text("All layers").click()
    assert layer.is_visible()
    ink, ground = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert (brightness(ink) < brightness(ground)) == (scheme == "light")
    opened.assert_quiet_and_close()


def brightness(colour: str) -> int:
    """Of `rgb(r, g, b)`."""
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


def test_graph_is_searched_and_a_node_clicked(browser: Any, tmp_path: Path, cnn: mc.Model) -> None:
    opened = Opened(browser, tmp_path / "graph.html", cnn.to_html("cnn.onnx"))
    page, panel = opened.page, opened.page.locator("#panel")
    assert "6 nodes" in panel.inner_text()

    page.keyboard.press("/")
    page.keyboard.type("conv")
    hits = page.locator("#hits li")
    assert [text.split("\n")[0] for text in hits.all_inner_texts()] == [
        "Conv",
        "Conv",
        "2 found; Enter goes from one to the next",
    ]
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert "conv2" in panel.inner_text()

    # Escape lets go of the selection; the node is still in the middle of the picture, where it is clicked.
    page.keyboard.press("Escape")
    assert "conv2" not in panel.inner_text()
    middle = page.locator("#view").bounding_box()
    page.mouse.click(middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2)
    details = panel.inner_text()
    for told in ("Conv", "conv2", "strides", "[2, 2]", "float32[N, 6, 16, 16]", "float32[N, 5, 7, 7]", "k2", "weight"):
        assert told in details
    # From there to the node that reads its result.
    panel.get_by_role("button", name="GlobalAveragePool pool").click()
    assert panel.locator("h1").inner_text() == "GlobalAveragePool"
    opened.assert_quiet_and_close()


def test_graph_is_panned_and_zoomed(browser: Any, tmp_path: Path, cnn: mc.Model) -> None:
    opened = Opened(browser, tmp_path / "graph.html", cnn.to_html())
    page = opened.page
    state = "[view.scale, view.left, view.top]"
    scale, left, top = page.evaluate(state)
    page.mouse.move(300, 400)
    page.mouse.down()
    page.mouse.move(340, 430, steps=3)
    page.mouse.up()
    moved = page.evaluate(state)
    assert moved == pytest.approx([scale, left - 40 / scale, top - 30 / scale])
    # What is under the pointer stays there.
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"view.scale > {scale}")
    new_scale, new_left, _ = page.evaluate(state)
    x = 340 - page.locator("#view").bounding_box()["x"]
    assert new_left + x / new_scale == pytest.approx(moved[1] + x / scale)
    page.get_by_role("button", name="Fit").click()
    assert page.evaluate(state) == pytest.approx([scale, left, top])
    opened.assert_quiet_and_close()


def test_subgraphs_are_opened_and_left(browser: Any, tmp_path: Path) -> None:
    model = mc.load(onnx_models.branches())
    opened = Opened(browser, tmp_path / "graph.html", model.to_html("branches"))
    page = opened.page
    page.fill("#query", "if")
    page.keyboard.press("Enter")
    page.locator("#panel").get_by_role("button", name="Open this graph").first.click()
    assert page.locator("#path").inner_text().replace("\n", "") == "branches\u203aelse_branch of If"
    page.locator("#path button").click()
    assert page.locator("#path").inner_text() == "branches"
    opened.assert_quiet_and_close()


def test_hostile_names_do_nothing(browser: Any, tmp_path: Path, hostile: mc.Model) -> None:
    opened = Opened(browser, tmp_path / "graph.html", hostile.to_html())
    page = opened.page
    page.fill("#query", "relu")
    page.keyboard.press("Enter")
    assert "<script>alert(1)</script>" in page.locator("#panel").inner_text()
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0
    opened.assert_quiet_and_close()
