"""Names of the architectures that the package describes."""

from __future__ import annotations

from difflib import get_close_matches

from modelconv.errors import BadArgumentError

FAMILY = "hyperpose"
NETWORKS = ("lightweight_openpose", "mobilenet_thin_openpose", "openpose", "pifpaf", "pose_proposal")
BACKBONES = ("mobilenetv1", "mobilenetv2", "resnet18", "resnet50", "vgg16", "vgg19", "vggtiny")


def architectures() -> list[str]:
    """All names. Without a backbone, the network stands on the one that it has by default."""
    plain = [f"{FAMILY}/{network}" for network in NETWORKS]
    return sorted([*plain, *(f"{name}:{backbone}" for name in plain for backbone in BACKBONES)])


def parse_name(name: str) -> tuple[str, str | None]:
    """`"hyperpose/openpose:vgg19"` -> network, backbone; names are written in any case."""
    known = architectures()
    wanted = name.lower()
    if wanted.endswith(":default"):
        wanted = wanted.removesuffix(":default")
    if wanted not in known:
        near = get_close_matches(wanted, known, 3, 0.3) or known[:3]
        raise BadArgumentError(
            f"there is no architecture '{name}'\n  try:   {', '.join(near)}; mc.architectures() lists all"
        )
    network, _, backbone = wanted.removeprefix(f"{FAMILY}/").partition(":")
    return network, backbone or None
