"""Damaged and hostile files: one typed error each, or a model; never a crash, a hang or much memory."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.damage import CUTS, assert_refused, assert_typed_or_read, cut_short, flipped, write_each


def with_other(sound: Path, contents: list[bytes], folder: Path, suffix: str, other: str) -> list[Path]:
    paths = write_each(contents, folder, suffix)
    for path in paths:
        shutil.copy(sound.with_suffix(other), path.with_suffix(other))
    return paths


@pytest.mark.parametrize(("suffix", "other"), [(".prototxt", ".caffemodel"), (".caffemodel", ".prototxt")])
def test_cut_short_at_fifty_places(suffix: str, other: str, sound: Path, tmp_path: Path, scratch: Path) -> None:
    contents = list(cut_short(sound.with_suffix(suffix).read_bytes()))
    paths = with_other(sound, contents, tmp_path / "cut", suffix, other)
    assert len(paths) == CUTS
    texts = [path.with_suffix(".prototxt") for path in paths]
    if suffix == ".caffemodel":
        assert_refused(texts, scratch, {"source_format": "caffe"})
    else:
        assert_typed_or_read(texts, scratch, {"source_format": "caffe"})


@pytest.mark.parametrize(("suffix", "other"), [(".prototxt", ".caffemodel"), (".caffemodel", ".prototxt")])
def test_two_hundred_flipped_bytes(suffix: str, other: str, sound: Path, tmp_path: Path, scratch: Path) -> None:
    contents = list(flipped(sound.with_suffix(suffix).read_bytes()))
    paths = with_other(sound, contents, tmp_path / "flipped", suffix, other)
    texts = [path.with_suffix(".prototxt") for path in paths]
    assert assert_typed_or_read(texts, scratch, {"source_format": "caffe"}) > 0


def with_layer(settings: str, bottoms: str = 'bottom: "x"', size: int = 8) -> str:
    head = f'input: "x" input_dim: 1 input_dim: 3 input_dim: {size} input_dim: {size}\n'
    return f'{head}layer {{ name: "l" {bottoms} top: "l" {settings} }}'


TWO = 'bottom: "x" bottom: "x"'
HOSTILE = {
    "huge prior boxes": with_layer('type: "PriorBox" prior_box_param { min_size: 1 }', TWO, 16000),
    "slice of nothing": with_layer('type: "Slice" top: "b" slice_param { slice_point: 0 }'),
    "huge pyramid": with_layer('type: "SPP" spp_param { pyramid_height: 60 }'),
    "window of windows": with_layer('type: "Im2col" convolution_param { kernel_size: 100000 }'),
    "groups of nothing": with_layer('type: "ShuffleChannel" shuffle_channel_param { group: 0 }'),
    "negative axis": with_layer('type: "Softmax" softmax_param { axis: -9 }'),
    "axis that is a word": with_layer('type: "Softmax" softmax_param { axis: left }'),
    "no layers": 'input: "x"',
    "no type": with_layer(""),
    "nested without end": "layer { " * 5000,
    "both kinds": with_layer('type: "ReLU"') + ' layers { name: "b" type: RELU bottom: "x" top: "b" }',
    "more tops than bottoms": with_layer('type: "Convolution" top: "b" convolution_param { num_output: 1 }'),
}


def test_hostile_files(tmp_path: Path, scratch: Path) -> None:
    paths = write_each([text.encode() for text in HOSTILE.values()], tmp_path / "hostile", ".prototxt")
    assert_refused(paths, scratch, {"source_format": "caffe"}, memory=1 << 28)
