"""Small networks with the building blocks of the YOLO families, written by hand."""

from __future__ import annotations


def net(size: int = 64) -> str:
    return f"[net]\nwidth={size}\nheight={size}\nchannels=3\n"


def conv(filters: int, size: int = 3, stride: int = 1, activation: str = "leaky", normalize: int = 1) -> str:
    head = f"[convolutional]\nbatch_normalize={normalize}\n"
    return head + f"filters={filters}\nsize={size}\nstride={stride}\npad=1\nactivation={activation}\n"


def route(*layers: int) -> str:
    return f"[route]\nlayers={','.join(map(str, layers))}\n"


def shortcut(start: int) -> str:
    return f"[shortcut]\nfrom={start}\nactivation=linear\n"


def pool(size: int, stride: int) -> str:
    return f"[maxpool]\nsize={size}\nstride={stride}\n"


UP = "[upsample]\nstride=2\n"
ANCHORS = "10,13, 16,30, 33,23, 30,61, 62,45, 59,119, 116,90, 156,198, 373,326"


def yolo(mask: str, extra: str = "") -> str:
    return f"[yolo]\nmask={mask}\nanchors={ANCHORS}\nclasses=2\nnum=9\n{extra}"


def head(mask: str, extra: str = "") -> str:
    return conv(21, 1, activation="linear", normalize=0) + yolo(mask, extra)


def residual(filters: int) -> str:
    return conv(filters // 2, 1) + conv(filters) + shortcut(-3)


def csp(filters: int, activation: str = "mish") -> str:
    """Cross stage partial: half of the channels go through residual blocks."""
    half = filters // 2
    return (
        conv(filters, 3, 2, activation)
        + conv(half, 1, 1, activation)
        + route(-2)
        + conv(half, 1, 1, activation)
        + conv(half, 1, 1, activation)
        + conv(half, 3, 1, activation)
        + shortcut(-3)
        + conv(half, 1, 1, activation)
        + route(-1, -7)
        + conv(filters, 1, 1, activation)
    )


def tiny_csp(filters: int) -> str:
    """The block of YOLOv4-tiny: the second group of channels goes on."""
    return (
        conv(filters)
        + "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n"
        + conv(filters // 2)
        + conv(filters // 2)
        + route(-1, -2)
        + conv(filters, 1)
        + route(-6, -1)
        + pool(2, 2)
    )


SPP = pool(5, 1) + route(-2) + pool(9, 1) + route(-4) + pool(13, 1) + route(-1, -3, -5, -6)

V2 = (
    net()
    + conv(8) + pool(2, 2) + conv(16) + pool(2, 2) + conv(12, 1) + conv(24) + pool(2, 2) + conv(32)
    + route(-3) + conv(4, 1) + "[reorg]\nstride=2\n" + route(-1, -4) + conv(32)
    + conv(35, 1, activation="linear", normalize=0)
    + "[region]\nanchors=0.57,0.67, 1.87,2.06, 3.33,5.47, 7.88,3.52, 9.77,9.16\nclasses=2\ncoords=4\nnum=5\n"
    + "softmax=1\nthresh=0.001\n"
)  # fmt: skip
V3 = (
    net()
    + conv(8) + conv(16, 3, 2) + residual(16) + conv(32, 3, 2) + residual(32) + conv(32, 3, 2)
    + conv(16, 1) + head("6,7,8") + route(-3) + conv(8, 1) + UP + route(-1, 8) + conv(16) + head("3,4,5")
)  # fmt: skip
V3_SPP = net() + conv(8, 3, 2) + conv(16, 3, 2) + conv(8, 1) + SPP + conv(16, 1) + head("6,7,8")
V4 = (
    net()
    + conv(8, activation="mish")
    + csp(16)
    + csp(16)
    + conv(8, 1)
    + SPP
    + conv(16, 1)
    + head("6,7,8", "scale_x_y=1.05\n")
)
V4_TINY = net() + conv(8, 3, 2) + tiny_csp(16) + tiny_csp(16) + conv(16) + head("3,4,5", "scale_x_y=1.05\n")
P5 = (
    net()
    + conv(8, 3, 1, "swish") + csp(16, "swish") + csp(16, "swish")
    + conv(21, 1, activation="logistic", normalize=0) + yolo("6,7,8", "scale_x_y=2.0\nnew_coords=1\n")
)  # fmt: skip
ATTENTION = (
    net(32)
    + conv(8) + "[avgpool]\n" + conv(4, 1, 1, "relu", 0) + conv(8, 1, 1, "logistic", 0) + "[scale_channels]\nfrom=-4\n"
    + conv(8) + conv(8, 1, 1, "logistic", 0) + "[sam]\nfrom=-2\n" + conv(6)
)  # fmt: skip
CLASSIFIER = net(32) + conv(8) + pool(2, 2) + conv(10, 1, activation="linear", normalize=0) + "[avgpool]\n[softmax]\n"

V3_TINY = (
    net()
    + conv(8) + pool(2, 2) + conv(12) + pool(2, 2) + conv(16) + pool(2, 2) + conv(24) + pool(2, 1) + conv(24)
    + conv(16, 1) + head("3,4,5") + route(-3) + conv(8, 1) + UP + route(-1, 4) + conv(16) + head("0,1,2")
)  # fmt: skip
V1 = (
    net(32)
    + conv(8, 7, 2) + pool(2, 2) + conv(12) + pool(2, 2)
    + "[local]\nsize=3\nstride=1\npad=1\nfilters=6\nactivation=leaky\n"
    + "[dropout]\nprobability=.5\n[connected]\noutput=108\nactivation=linear\n"
    + "[detection]\nclasses=2\ncoords=4\nside=3\nnum=2\nsoftmax=0\nsqrt=1\n"
)  # fmt: skip
GAUSSIAN = (
    net()
    + conv(8, 3, 2) + conv(16, 3, 2) + residual(16) + conv(33, 1, activation="linear", normalize=0)
    + yolo("6,7,8", "scale_x_y=1.1\nyolo_point=center\n").replace("[yolo]", "[Gaussian_yolo]")
)  # fmt: skip

# Those that OpenCV reads, and those that it does not.
FAMILIES = {
    "v2": V2,
    "v3 tiny": V3_TINY,
    "v3": V3,
    "v3 spp": V3_SPP,
    "v4 csp": V4,
    "v4 tiny": V4_TINY,
    "p5": P5,
    "attention": ATTENTION,
    "classifier": CLASSIFIER,
}
BY_FORMULA = {"v1": V1, "gaussian": GAUSSIAN}
