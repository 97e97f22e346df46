"""Pairs of files: found, missing, damaged, of another network; each with a message of its own."""

from __future__ import annotations

import re
import shutil
import struct
from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support.damage import CUTS, assert_refused, assert_typed_or_read, cut_short, flipped, write_each
from support.darknet_reference import DarknetReference
from support.processes import output_of, run_command

CFG = """[net]
width=16
height=16
channels=3
[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky
[convolutional]
batch_normalize=1
filters=6
size=3
pad=1
activation=leaky
[convolutional]
filters=24
size=1
activation=linear
[yolo]
mask=0,1,2
classes=3
num=3
anchors=1,2, 3,4, 5,6
"""
INPUT = {"data": np.random.default_rng(0).standard_normal((1, 3, 16, 16)).astype(np.float32)}


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    folder = tmp_path / "sound"
    folder.mkdir()
    net = DarknetReference(CFG)
    net.run(INPUT["data"])
    return net.write(folder)


def message_of(path: Path, error: type[mc.ModelConvError], **options: object) -> str:
    with pytest.raises(error) as caught:
        mc.load(path, **options)
    return str(caught.value)


def test_sibling_is_found_and_weights_can_be_named(sound: Path, tmp_path: Path) -> None:
    other = shutil.move(sound.with_suffix(".weights"), tmp_path / "best_7000.weights")
    named = mc.load(sound, weights=other).run(INPUT)
    shutil.copy(other, sound.with_suffix(".weights"))
    found = mc.load(sound).run(INPUT)
    np.testing.assert_array_equal(named["yolo_3"], found["yolo_3"])
    assert [spec.name for spec in mc.load(sound).inputs] == ["data"]
    assert mc.load(sound).inputs[0].shape == ("N", 3, 16, 16)


def test_missing_weights(sound: Path) -> None:
    sound.with_suffix(".weights").unlink()
    message = message_of(sound, mc.ModelConvError)
    assert "its .weights file is missing" in message
    assert "net.weights" in message
    assert "random_weights" in message
    model = mc.load(sound, options={"random_weights": 7})
    np.testing.assert_array_equal(
        model.run(INPUT)["yolo_3"], mc.load(sound, options={"random_weights": 7}).run(INPUT)["yolo_3"]
    )


def test_weights_alone(sound: Path) -> None:
    assert "stands in its .cfg" in message_of(sound.with_suffix(".weights"), mc.MalformedModelError)


def change(sound: Path, old: str, new: str) -> Path:
    text = sound.read_text()
    assert old in text
    sound.write_text(text.replace(old, new, 1))
    return sound


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("filters=24", "filters=21", r"\[yolo\] 3 \(line 22\): it reads 24 channels, the section before gives 21"),
        ("filters=24", "filters=x", r"\[convolutional\] 2 \(line 18\): filters=x is not a whole number"),
        ("filters=24", "filters=-1", "filters=-1 is outside 1"),
        ("activation=linear", "activation=linaer", "activation=linaer is not known; did you mean linear"),
        ("[yolo]", "[yolov9]", r"did you mean \[yolo\]"),
        ("width=16", "width=0", "neither width, height and channels nor inputs"),
        ("size=3", "size=40", "the weights file is too short"),
        ("size=1", "size=99", r"its output would be 24 x 0 x 0"),
        ("size=1", "binary=1\nsize=1", "binary=1 is not supported"),
        ("filters=24", "groups=5\nfilters=24", "groups=5 divides neither 6 channels into 24 filters"),
        ("[net]", "[nett]", r"the first section of a .cfg is \[net\]"),
    ],
)
def test_wrong_keys(old: str, new: str, why: str, sound: Path) -> None:
    path = change(sound, old, new)
    with pytest.raises(mc.ModelConvError, match=why):
        mc.load(path, source_format="darknet")


@pytest.mark.parametrize(
    ("changes", "direction", "part", "hint"),
    [
        (
            [("filters=24", "filters=18"), ("classes=3", "classes=1")],
            "long",
            2,
            "fits filters=24 in the section before each",
        ),
        (
            [("filters=24", "filters=30"), ("classes=3", "classes=5")],
            "short",
            2,
            "fits filters=24 in the section before each",
        ),
        ([("batch_normalize=1\nfilters=6", "filters=6")], "long", 1, "fits batch_normalize=1 there"),
        ([("channels=3", "channels=1")], "long", 0, "fits channels=3 in"),
        ([("filters=6", "filters=7")], "short", 1, "check filters="),
    ],
)
def test_weights_of_another_cfg(
    changes: list[tuple[str, str]], direction: str, part: int, hint: str, sound: Path
) -> None:
    """The message names the section at which the two part and the key that is likely to be wrong."""
    for old, new in changes:
        change(sound, old, new)
    message = message_of(sound, mc.MalformedModelError)
    assert f"the weights file is too {direction}" in message
    named = re.search(r"the two part at \[convolutional\] (\d)", message)
    assert named is not None, message
    assert int(named[1]) <= part, message
    assert hint in message


def test_odd_variances_tell_where_the_files_part(sound: Path) -> None:
    """Same number of filters at the end, one more at the beginning: the variances of section 0 are no variances."""
    change(sound, "filters=8", "filters=9")
    assert "the two part at [convolutional] 0" in message_of(sound, mc.MalformedModelError)


def test_options(sound: Path) -> None:
    assert mc.load(sound, options={"width": 32, "height": 64}).inputs[0].shape == ("N", 3, 64, 32)
    assert "has no option 'decodee'" in message_of(sound, mc.ModelConvError, options={"decodee": True})
    assert "decode=maybe is not true or false" in message_of(sound, mc.ModelConvError, options={"decode": "maybe"})


def test_names_become_metadata(sound: Path, tmp_path: Path) -> None:
    sound.with_suffix(".names").write_text("person\r\ncat\nbicycle\n")
    mc.convert(sound, tmp_path / "net.onnx")
    import onnx

    properties = {entry.key: entry.value for entry in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert properties["names"] == "person\ncat\nbicycle"


def test_from_the_shell(sound: Path, tmp_path: Path) -> None:
    done = run_command(["convert", str(sound), str(tmp_path / "net.onnx"), "--nms", "--verify"])
    assert done.returncode == 0, done.stderr
    assert [spec.name for spec in mc.load(tmp_path / "net.onnx").outputs] == ["detections"]
    sound.with_suffix(".weights").unlink()
    failed = run_command(["convert", str(sound), str(tmp_path / "other.onnx")])
    assert failed.returncode == 2
    assert ".weights file is missing" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (tmp_path / "other.onnx").exists()


def test_progress_is_told(sound: Path, tmp_path: Path) -> None:
    stages: list[str] = []
    mc.convert(sound, tmp_path / "net.onnx", progress=lambda stage, done, total: stages.append(stage))
    assert stages


MEMORY = """
import resource, sys
import modelconv as mc
before = int(open("/proc/self/smaps_rollup").read().split("Private_Dirty:")[1].split()[0])
model = mc.load(sys.argv[1])
after = int(open("/proc/self/smaps_rollup").read().split("Private_Dirty:")[1].split()[0])
print(after - before)
"""


def test_weights_are_not_copied(tmp_path: Path) -> None:
    """80 MB of weights, less than 8 MB of private memory."""
    path = tmp_path / "big.cfg"
    path.write_text("[net]\nwidth=8\nheight=8\nchannels=4\n" + "[connected]\noutput=4096\nactivation=relu\n" * 2)
    floats = 4096 + 256 * 4096 + 4096 + 4096 * 4096
    with open(path.with_suffix(".weights"), "wb") as file:
        file.write(struct.pack("<3iQ", 0, 2, 5, 0))
        file.truncate(20 + 4 * floats)
    assert int(output_of(MEMORY, str(path))) < 8192  # kB


# --- damage


def with_weights(sound: Path, contents: list[bytes], folder: Path) -> list[Path]:
    paths = write_each(contents, folder, ".cfg")
    for path in paths:
        shutil.copy(sound.with_suffix(".weights"), path.with_suffix(".weights"))
    return paths


def test_cfg_cut_short_at_fifty_places(sound: Path, tmp_path: Path, scratch: Path) -> None:
    contents = list(cut_short(sound.read_bytes()))
    assert len(contents) == CUTS
    assert_typed_or_read(with_weights(sound, contents, tmp_path / "cut"), scratch)


def test_cfg_with_two_hundred_flipped_bytes(sound: Path, tmp_path: Path, scratch: Path) -> None:
    paths = with_weights(sound, list(flipped(sound.read_bytes())), tmp_path / "flipped")
    assert assert_typed_or_read(paths, scratch, {"source_format": "darknet"}) > 0


def test_weights_cut_short_at_fifty_places(sound: Path, tmp_path: Path, scratch: Path) -> None:
    contents = list(cut_short(sound.with_suffix(".weights").read_bytes()))
    weights = write_each(contents, tmp_path / "cut", ".weights")
    for path in weights:
        shutil.copy(sound, path.with_suffix(".cfg"))
    assert_refused([path.with_suffix(".cfg") for path in weights], scratch)


HOSTILE = {
    "huge image": "[net]\nwidth=16777216\nheight=16777216\nchannels=16777216\n[avgpool]",
    "huge filters": "[net]\nwidth=8\nheight=8\nchannels=16777216\n[conv]\nfilters=16777216\nsize=8192\npad=1\n",
    "huge upsampling": "[net]\nwidth=8\nheight=8\nchannels=3\n" + "[upsample]\nstride=1000000\n" * 4,
    "huge history": "[net]\nwidth=8\nheight=8\nchannels=3\n[history]\nhistory_size=10000000\n",
    "many anchors": "[net]\nwidth=8\nheight=8\nchannels=3\n[yolo]\nnum=16777216\nclasses=1\n",
    "many sections": "[net]\ninputs=1\n" + "[dropout]\n" * 20000,
    "route to itself": "[net]\nwidth=8\nheight=8\nchannels=3\n[route]\nlayers=0\n",
    "route far away": "[net]\nwidth=8\nheight=8\nchannels=3\n[route]\nlayers=-9223372036854775807\n",
    "no number": "[net]\nwidth=8\nheight=8\nchannels=3\n[route]\nlayers=,,\n",
    "no section": "[net]\nwidth=8\nheight=8\nchannels=3\n",
    "control character": "[net]\nwidth=\x018\n",
}


def test_hostile_files(tmp_path: Path, scratch: Path) -> None:
    paths = write_each([text.encode() for text in HOSTILE.values()], tmp_path / "hostile", ".cfg")
    for path in paths:
        path.with_suffix(".weights").write_bytes(struct.pack("<3iQ", 0, 2, 5, 0))
    assert_refused(paths, scratch, memory=1 << 28)
