"""The page of a graph: what it says of nodes, how large it gets, and that names cannot break out of it."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.reports.graph_data import CAPTURED, INPUT, NODE, OUTPUT
from onnx import helper
from support import onnx_models
from support.pages import HOSTILE, assert_self_contained, data_of


class Picture:
    """The data of a page, by name."""

    def __init__(self, html: str) -> None:
        self.data = data_of(html)
        self.texts = self.data["texts"]

    def box(self, label: str, graph: int = 0) -> int:
        return [self.texts[number] for number in self.data["graphs"][graph]["label"]].index(label)

    def values(self, numbers: list[int]) -> list[tuple[str, str]]:
        values = self.data["values"]
        return [(values["name"][n], self.texts[values["type"][n]]) if n >= 0 else ("", "") for n in numbers]

    def attributes(self, box: int, graph: int = 0) -> dict[str, str]:
        texts = [self.texts[number] for number in self.data["graphs"][graph]["attributes"].get(str(box), [])]
        return dict(zip(texts[::2], texts[1::2], strict=True))

    def edges(self, graph: int = 0) -> set[tuple[str, str]]:
        rows = self.data["graphs"][graph]
        labels = [self.texts[number] for number in rows["label"]]
        return {(labels[source], labels[target]) for source, target, *_ in rows["edges"]}


def test_nodes_with_attributes_and_types(cnn: mc.Model) -> None:
    page = cnn.to_html("a title")
    picture = Picture(page)
    graph = picture.data["graphs"][0]
    assert graph["kind"] == [INPUT, *[NODE] * 6, OUTPUT]
    conv = picture.box("Conv")
    assert graph["name_of"][str(conv)] == "conv1"
    assert picture.attributes(conv) == {"pads": "[1, 1, 1, 1]"}
    assert picture.values(graph["reads"][conv]) == [("image", "float32[N, 3, 16, 16]"), ("k1", "float32[6, 3, 3, 3]")]
    assert picture.values(graph["makes"][conv]) == [("c1", "float32[N, 6, 16, 16]")]
    assert picture.edges() == {
        ("image", "Conv"),
        ("Conv", "BatchNormalization"),
        ("BatchNormalization", "Relu"),
        ("Relu", "Conv"),
        ("Conv", "GlobalAveragePool"),
        ("GlobalAveragePool", "Flatten"),
        ("Flatten", "scores"),
    }
    assert picture.data["title"] == "a title"
    assert_self_contained(page, scripts=2)


def test_weights_are_not_in_the_page() -> None:
    weight = np.full((64, 64), 0.123456, np.float32)
    model = onnx_models.make_model(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        [onnx_models.tensor_info("x", [1, 64])],
        [onnx_models.tensor_info("y", [1, 64])],
        {"w": weight},
    )
    page = mc.load(model).to_html()
    assert "0.123456" not in page
    assert "float32[64, 64]" in page
    # Small constants, which say what a node does, are told.
    axes = Picture(mc.load(onnx_models.computed_reshape()).to_html()).data["values"]
    assert axes["content"][str(axes["name"].index("rest"))] == "-1"


def test_names_of_the_source_are_kept(cnn: mc.Model) -> None:
    simplified = Picture(mc.simplify(cnn).to_html())
    sources = simplified.data["values"]["source"]
    names = simplified.data["values"]["name"]
    assert len(simplified.data["graphs"][0]["x"]) == 7
    assert "BatchNormalization" not in simplified.texts
    known = {sources.get(str(number), name) for number, name in enumerate(names)}
    assert {"n1", "a1", "scores"} <= known


def test_subgraphs_are_pictures_of_their_own() -> None:
    picture = Picture(mc.load(onnx_models.branches()).to_html())
    graphs = picture.data["graphs"]
    assert len(graphs) == 5
    assert ("Exp", "If") in picture.edges()  # read by a graph inside the If only
    opened = dict(graphs[0]["graphs"][str(picture.box("If"))])
    assert set(opened) == {"then_branch", "else_branch"}
    assert graphs[opened["then_branch"]]["parent"] == [0, 1, "then_branch"]
    assert picture.edges(opened["then_branch"]) == {("h", "Add"), ("Add", "t")}
    assert graphs[opened["then_branch"]]["kind"] == [CAPTURED, NODE, OUTPUT]
    assert {("c", "If"), ("h", "If"), ("If", "e")} == picture.edges(opened["else_branch"])
    deepest = {picture.texts[graph["label"][1]] for graph in graphs if graph["parent"] and graph["parent"][0] != 0}
    assert deepest == {"Relu", "Neg"}


def test_hostile_names_stay_text(hostile: mc.Model) -> None:
    for page in (hostile.to_html(HOSTILE), hostile._repr_html_()):
        assert "<script>alert" not in page
        assert "<img" not in page
    page = hostile.to_html(HOSTILE)
    assert_self_contained(page, scripts=2)
    picture = Picture(page)
    assert HOSTILE in picture.data["graphs"][0]["name_of"].values()
    assert picture.data["title"] == HOSTILE


def large(count: int) -> onnx.ModelProto:
    """Chains with branches and long skips, names as exporters make them."""
    choose = random.Random(0)
    nodes: list[Any] = []
    names = ["x"]
    for index in range(count):
        op = choose.choice(["Relu", "Add", "Sigmoid", "Mul"])
        reach = 40 if choose.random() < 0.95 else 2000
        inputs = [names[-choose.randint(1, min(len(names), reach))] for _ in range(2 if op in ("Add", "Mul") else 1)]
        names.append(f"/model/blocks.{index}/activation/{op}_output_0")
        nodes.append(helper.make_node(op, inputs, [names[-1]], name=f"/model/blocks.{index}/activation/{op}"))
    info = onnx_models.tensor_info
    return onnx_models.make_model(nodes, [info("x", ["N", 8])], [info(names[-1], ["N", 8])], check=False)


def test_ten_thousand_nodes_fit_in_a_small_page() -> None:
    page = mc.load(large(10_000)).to_html()
    assert len(page) < 4_000_000
    graph = data_of(page)["graphs"][0]
    assert len(graph["x"]) == 10_002
    # No two boxes of a layer overlap.
    rows: dict[int, list[tuple[int, int]]] = {}
    for x, y, width in zip(graph["x"], graph["y"], graph["width"], strict=True):
        rows.setdefault(y, []).append((x, width))
    for row in rows.values():
        row.sort()
        for (x0, w0), (x1, w1) in itertools.pairwise(row):
            assert x0 + w0 / 2 <= x1 - w1 / 2
    # Every edge goes down.
    assert all(graph["y"][source] < graph["y"][target] for source, target, *_ in graph["edges"])


def test_same_model_same_bytes(saved: Path) -> None:
    assert mc.load(saved).to_html() == mc.load(saved).to_html()
    assert mc.load(onnx_models.branches()).to_html() == mc.load(onnx_models.branches()).to_html()


@pytest.mark.parametrize("source", ["integers", "redundant", "computed_reshape", "unknown_ops"])
def test_all_kinds_of_graphs(source: str) -> None:
    model = mc.load(getattr(onnx_models, source)())
    graph = data_of(model.to_html())["graphs"][0]
    assert graph["kind"].count(NODE) == model.node_count
    assert graph["kind"].count(OUTPUT) == len(model.outputs)
