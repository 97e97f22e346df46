"""A plugin of pytest (`-p support.no_frameworks`): what needs a framework that is not installed is skipped.

For the wheel in an empty environment. Elsewhere a framework that is missing has to fail, lest tests vanish unseen.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Generator
from typing import Any

import pytest

FRAMEWORKS = ["PIL", "ai_edge_litert", "cv2", "distributed", "flatbuffers", "google", "hypothesis", "keras"]
FRAMEWORKS += ["onnx", "onnxruntime", "safetensors", "sklearn", "tensorflow", "tf_keras", "torch"]
MISSING = [name for name in FRAMEWORKS if importlib.util.find_spec(name) is None]
NAMES = "|".join(MISSING or ["nothing"])
# Or a module that has found out by itself while its cases were made.
NOT_FOUND = re.compile(rf"ModuleNotFoundError: No module named '({NAMES})\b|Using pytest.skip outside of a (test)")


def skip(report: Any, where: str) -> None:
    found = NOT_FOUND.search(str(report.longrepr)) if report.failed else None
    if found is not None:
        report.outcome = "skipped"
        report.longrepr = (where, 0, f"Skipped: needs {found[1] or 'a framework'}")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    report = yield
    skip(report, collector.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    skip(report, item.nodeid)
    return report
