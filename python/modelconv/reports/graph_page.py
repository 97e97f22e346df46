"""The page on which a graph is looked at: pan, zoom, search, click."""

from __future__ import annotations

from modelconv.model import Model, describe_bytes
from modelconv.reports.elements import counted
from modelconv.reports.graph_data import graph_data
from modelconv.reports.page import escape, page, template


def graph_page(model: Model, title: str = "") -> str:
    """A whole page, about 300 bytes per node; weights are told by name and type."""
    core = model._core
    data = graph_data(model)
    data["title"] = title or model.source_format or "model"
    data["summary"] = [
        counted(model.node_count, "node"),
        f"{counted(core.weight_count, 'weight')}, {describe_bytes(core.weight_bytes)}",
        f"read from {model.source_format or 'memory'}",
    ]
    body = template("graph.html").replace("$title", escape(data["title"]))
    return page(
        f"{data['title']}: graph", body, styles=("graph.css",), scripts=("graph_view.js", "graph_panel.js"), data=data
    )
