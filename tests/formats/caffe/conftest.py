"""A small net that the tests of files change and damage."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.caffe_net import small_net


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    folder = tmp_path / "sound"
    folder.mkdir()
    return small_net().write(folder)
