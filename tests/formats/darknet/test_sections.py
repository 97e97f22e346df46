"""Every section and activation against NumPy formulas (support/darknet_reference.py)."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support.darknet_formulas import ACTIVATIONS
from support.darknet_reference import DarknetReference
from support.reference import assert_tensor_close

CLOSE = 1e-5
NET = "[net]\nwidth={w}\nheight={h}\nchannels={c}\n"
CONV = "[convolutional]\nfilters={f}\nsize=3\npad=1\nactivation=leaky\n"


def check(
    cfg: str, shape: tuple[int, ...], folder: Path, *, transposed: bool = False, tolerance: float = CLOSE
) -> mc.Model:
    """The .cfg with random weights computes in modelconv what it computes in NumPy, as read and simplified."""
    net = DarknetReference(cfg, transposed=transposed)
    x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    expected = net.run(x)[-1]
    path = net.write(folder, version=(1001, 0, 0) if transposed else (0, 2, 5))
    for simplify in (False, True):
        model = mc.convert(path, simplify=simplify).model
        actual = model.run({"data": x})
        value = actual[model.outputs[-1].name]
        assert_tensor_close(f"simplify={simplify}", value, expected.astype(np.float32), tolerance)
    return model


def image(c: int = 4, h: int = 8, w: int = 8) -> str:
    return NET.format(c=c, h=h, w=w)


IMAGE_CASES = {
    "conv plain": "[convolutional]\nfilters=5\nsize=3\nstride=2\npad=1\nactivation=linear",
    "conv spelled conv": "[conv]\nfilters=5\nsize=2\nactivation=relu",
    "conv padding, strides": "[convolutional]\nfilters=6\nsize=3\npadding=2\nstride_x=2\nstride_y=3\nactivation=leaky",
    "conv groups, batch_normalize": (
        "[convolutional]\nfilters=6\ngroups=2\nsize=3\npad=1\nbatch_normalize=1\nactivation=mish"
    ),
    "conv dilation": "[convolutional]\nfilters=3\nsize=3\ndilation=2\npadding=2\nactivation=linear",
    "conv 1x1 ignores dilation": "[convolutional]\nfilters=3\nsize=1\ndilation=2\nactivation=linear",
    "conv antialiasing": "[convolutional]\nfilters=3\nsize=3\npad=1\nstride=2\nantialiasing=1\nactivation=leaky",
    "conv antialiasing 2": "[convolutional]\nfilters=3\nsize=3\npad=1\nstride=2\nantialiasing=2\nactivation=leaky",
    "conv comment behind a number": "[convolutional]\nfilters=3 # three\nsize=1\nactivation=linear",
    "connected": "[connected]\noutput=7\nactivation=tanh",
    "connected spelled conn, batch_normalize": "[conn]\noutput=7\nbatch_normalize=1\nactivation=relu",
    "local": "[local]\nfilters=3\nsize=3\nstride=1\npad=1\nactivation=leaky",
    "local without pad": "[local]\nfilters=2\nsize=2\nstride=2\nactivation=linear",
    "local stride 3": "[local]\nfilters=2\nsize=3\nstride=3\npad=1\nactivation=logistic",
    "batchnorm": "[batchnorm]",
    "maxpool": "[maxpool]\nsize=2\nstride=2",
    "maxpool size 2 stride 1": "[maxpool]\nsize=2\nstride=1",
    "maxpool 5": "[max]\nsize=5\nstride=1",
    "maxpool padding 0": "[maxpool]\nsize=3\nstride=2\npadding=0",
    "maxpool strides": "[maxpool]\nsize=3\nstride_x=1\nstride_y=2",
    "maxpool depth": "[maxpool]\nmaxpool_depth=1\nout_channels=2",
    "maxpool antialiasing": "[maxpool]\nsize=2\nstride=2\nantialiasing=1",
    "local_avgpool": "[local_avgpool]\nsize=2\nstride=2",
    "local_avg": "[local_avg]\nsize=3\nstride=1",
    "local_avgpool padding": "[local_avgpool]\nsize=3\nstride=2\npadding=1",
    "avgpool": "[avgpool]",
    "avg, softmax": "[avg]\n[soft]\n[cost]\ntype=sse",
    "reorg": "[reorg]\nstride=2",
    "reorg reverse": "[reorg]\nstride=2\nreverse=1",
    "reorg3d": "[reorg3d]\nstride=2",
    "reorg3d 4": "[reorg3d]\nstride=4",
    "upsample": "[upsample]\nstride=2",
    "upsample scale": "[upsample]\nstride=3\nscale=0.5",
    "upsample backwards": "[upsample]\nstride=-2",
    "crop": "[crop]\ncrop_height=5\ncrop_width=6",
    "crop noadjust": "[crop]\ncrop_height=4\ncrop_width=4\nnoadjust=1",
    "lrn": "[lrn]\nsize=3\nalpha=0.1",
    "normalization": "[normalization]\nsize=5\nkappa=2\nbeta=0.5",
    "normalization even": "[normalization]\nsize=2\nalpha=0.02",
    "softmax": "[softmax]",
    "softmax groups": "[softmax]\ngroups=4\ntemperature=2",
    "softmax spatial": "[softmax]\nspatial=1",
    "dropout": "[dropout]\nprobability=.5",
    "empty": "[empty]\n[silence]",
    "implicit": "[implicit]\nfilters=3\natoms=2",
    "history": "[history]\nhistory_size=3",
}


@pytest.mark.parametrize("section", IMAGE_CASES.values(), ids=IMAGE_CASES)
def test_section(section: str, tmp_path: Path) -> None:
    spelled = section.replace("[conv]", "[convolutional]").replace("[conn]", "[connected]")
    spelled = spelled.replace("[max]", "[maxpool]").replace("[local_avg]", "[local_avgpool]")
    spelled = spelled.replace("[avg]", "[avgpool]").replace("[soft]", "[softmax]")
    spelled = spelled.replace("[lrn]", "[normalization]").replace("[silence]", "[empty]")
    model = check(image() + spelled, (2, 4, 8, 8), tmp_path)
    (tmp_path / "net.cfg").write_text(image() + section)
    assert mc.convert(tmp_path / "net.cfg").model.text() == model.text()


JOINING_CASES = {
    "shortcut": "{a}{a}[shortcut]\nfrom=-2\nactivation=leaky",
    "shortcut by number": "{a}{a}[shortcut]\nfrom=0",
    "shortcut of three": "{a}{a}{a}[shortcut]\nfrom=-2,-3\nactivation=swish",
    "shortcut fewer channels": "{b}{a}[shortcut]\nfrom=-2",
    "shortcut more channels": "{a}{b}[shortcut]\nfrom=-2",
    "shortcut per_feature": "{a}{a}[shortcut]\nfrom=-2\nweights_type=per_feature",
    "shortcut per_channel relu": "{a}{a}[shortcut]\nfrom=-2\nweights_type=per_channel\nweights_normalization=relu",
    "shortcut per_channel softmax": (
        "{a}{a}[shortcut]\nfrom=-2\nweights_type=per_channel\nweights_normalization=softmax"
    ),
    "shortcut of numbers": "{a}[implicit]\nfilters=5\n[route]\nlayers=0\n[shortcut]\nfrom=-2",
    "route": "{a}{b}[route]\nlayers=-1,-2",
    "route one": "{a}{b}[route]\nlayers=0",
    "route group": "{a}{b}[route]\nlayers=-1,0\ngroups=2\ngroup_id=1",
    "route one group": "{a}[route]\nlayers=-1\ngroups=3\ngroup_id=0",
    "scale_channels": "{a}[avgpool]\n[convolutional]\nfilters=6\nactivation=logistic\n[scale_channels]\nfrom=-3",
    "scale_channels of pixels": (
        "{a}[convolutional]\nfilters=1\nactivation=logistic\n[scale_channels]\nfrom=-2\nscale_wh=1\nactivation=relu"
    ),
    "sam": "{a}[convolutional]\nfilters=6\nactivation=logistic\n[sam]\nfrom=-2",
    "implicit by channel": "{a}[implicit]\nfilters=6\n[scale_channels]\nfrom=-2",
    "contrastive": "{a}[contrastive]",
    "two connected": "[connected]\noutput=12\nactivation=leaky\n[dropout]\n[connected]\noutput=3\nactivation=linear",
    "vector to image": "[connected]\noutput=12\nactivation=leaky\n[convolutional]\nfilters=3\nactivation=linear",
}


@pytest.mark.parametrize("sections", JOINING_CASES.values(), ids=JOINING_CASES)
def test_joining(sections: str, tmp_path: Path) -> None:
    check(image() + sections.format(a=CONV.format(f=6), b=CONV.format(f=4)), (2, 4, 8, 8), tmp_path)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation(activation: str, tmp_path: Path) -> None:
    check(image() + f"[batchnorm]\n[activation]\nactivation={activation}", (3, 4, 8, 8), tmp_path)
    check(image() + f"[convolutional]\nfilters=5\nbatch_normalize=1\nactivation={activation}", (2, 4, 8, 8), tmp_path)


RECURRENT_CASES = {
    "rnn": "[rnn]\nhidden=6\noutput=5\nactivation=leaky",
    "rnn batch_normalize, logistic": "[rnn]\nhidden=6\noutput=5\nactivation=tanh\nbatch_normalize=1\nlogistic=1",
    "rnn shortcut, loggy": "[rnn]\nhidden=4\noutput=3\nactivation=relu\nshortcut=1\nlogistic=2",
    "lstm": "[lstm]\noutput=5",
    "lstm batch_normalize": "[lstm]\noutput=5\nbatch_normalize=1",
    "lstm twice": "[lstm]\noutput=5\n[lstm]\noutput=3\n[connected]\noutput=2\nactivation=linear\n[softmax]",
    "gru": "[gru]\noutput=5",
    "gru batch_normalize": "[gru]\noutput=4\nbatch_normalize=1",
    "gru tanh": "[gru]\noutput=4\ntanh=1",
    "crnn": "[crnn]\nhidden=6\noutput=5\nsize=3\npad=1\nactivation=leaky",
    "crnn batch_normalize, shortcut": (
        "[crnn]\nhidden=6\noutput=6\nsize=3\npad=1\nbatch_normalize=1\nshortcut=1\nactivation=relu"
    ),
    "crnn groups": "[crnn]\nhidden=4\noutput=6\ngroups=2\nsize=1\nactivation=tanh",
    "conv_lstm": "[conv_lstm]\noutput=5\nsize=3\npad=1",
    "conv_lstm peephole, batch_normalize": "[conv_lstm]\noutput=4\nsize=3\npad=1\npeephole=1\nbatch_normalize=1",
    "conv_lstm bottleneck": (
        "[conv_lstm]\noutput=4\nsize=3\npad=1\nbottleneck=1\nshortcut=1\nactivation=leaky\nlstm_activation=leaky"
    ),
    "conv_lstm constrained": "[conv_lstm]\noutput=3\nsize=1\nstate_constrain=1",
}


@pytest.mark.parametrize("section", RECURRENT_CASES.values(), ids=RECURRENT_CASES)
def test_recurrent(section: str, tmp_path: Path) -> None:
    """Four frames in a row."""
    check(image(h=5, w=5) + section, (4, 4, 5, 5), tmp_path)


def test_vectors_in(tmp_path: Path) -> None:
    check("[net]\ninputs=11\n[connected]\noutput=4\nactivation=relu\n[lstm]\noutput=3", (5, 11), tmp_path)


@pytest.mark.parametrize(
    "section", ["[connected]\noutput=5\nactivation=linear", "[lstm]\noutput=3", "[rnn]\nhidden=3\noutput=2"]
)
def test_old_files_store_matrices_transposed(section: str, tmp_path: Path) -> None:
    check(image(h=3, w=3) + section, (2, 4, 3, 3), tmp_path, transposed=True)


@pytest.mark.parametrize("version", [(0, 1, 0), (0, 2, 0), (0, 2, 5), (1, 0, 0)])
def test_both_widths_of_the_header(version: tuple[int, int, int], tmp_path: Path) -> None:
    net = DarknetReference(image() + "[convolutional]\nfilters=2\nactivation=linear")
    x = np.ones((1, 4, 8, 8), np.float32)
    expected = net.run(x)[-1]
    actual = mc.load(net.write(tmp_path, version=version)).run({"data": x})
    assert_tensor_close("convolutional_0", actual["convolutional_0"], expected.astype(np.float32), CLOSE)


def test_flipped_filters(tmp_path: Path) -> None:
    """flipped=1: stored [channels * size * size, filters]."""
    cfg = image() + "[convolutional]\nfilters=5\nsize=3\npad=1\nactivation=linear\n"
    net = DarknetReference(cfg)
    x = np.random.default_rng(2).standard_normal((1, 4, 8, 8)).astype(np.float32)
    expected = net.run(x)[-1]
    net._stored[1] = net._stored[1].reshape(5, -1).T
    path = net.write(tmp_path)
    path.write_text(cfg + "flipped=1\n")
    actual = mc.load(path).run({"data": x})["convolutional_0"]
    assert_tensor_close("flipped", actual, expected.astype(np.float32), CLOSE)


def test_shared_filters(tmp_path: Path) -> None:
    cfg = image() + CONV.format(f=4) + CONV.format(f=4)
    net = DarknetReference(cfg)
    x = np.random.default_rng(2).standard_normal((1, 4, 8, 8)).astype(np.float32)
    net.run(x)
    net._weights[2:], net._stored[2:] = net._weights[:2], []
    expected = net.run(x)[-1]
    path = net.write(tmp_path)
    path.write_text(cfg + "share_index=-1\n")
    actual = mc.load(path).run({"data": x})["convolutional_1"]
    assert_tensor_close("shared", actual, expected.astype(np.float32), CLOSE)
