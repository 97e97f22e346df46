"""Pooling, interpolation, sampling, patches."""

from __future__ import annotations

from support.aten import Case, case, floats, ints

LINE = floats(2, 3, 17)
IMAGE = floats(2, 3, 11, 14)
OTHER = (floats(1, 3, 12, 9),)
VOLUME = floats(1, 2, 7, 8, 9)
GRID = floats(2, 5, 4, 2) * 0.7
DEEP_GRID = floats(1, 3, 4, 5, 3) * 0.7

CASES: list[Case] = [
    case("aten.max_pool1d", lambda torch, x: torch.max_pool1d(x, 3), LINE, other=(floats(3, 3, 12),)),
    case("aten.max_pool1d", lambda torch, x: torch.max_pool1d(x, 4, 3, 2, ceil_mode=True), LINE),
    case("aten.max_pool1d", lambda torch, x: torch.max_pool1d(x, 2, 2, 1, 2), floats(3, 8)),
    case("aten.max_pool2d", lambda torch, x: torch.max_pool2d(x, 3, 2, 1), IMAGE, other=OTHER),
    case(
        "aten.max_pool2d", lambda torch, x: torch.max_pool2d(x, [2, 3], [2, 2], 1, ceil_mode=True), IMAGE, other=OTHER
    ),
    case("aten.max_pool2d", lambda torch, x: torch.max_pool2d(x, 2, 3, 1, 2, True), IMAGE.astype("float64")),
    case("aten.max_pool2d", lambda torch, x: torch.max_pool2d(x, 2, ceil_mode=True), floats(3, 7, 7)),
    case("aten.max_pool3d", lambda torch, x: torch.max_pool3d(x, 2), VOLUME),
    case("aten.max_pool3d", lambda torch, x: torch.max_pool3d(x, [2, 3, 2], 2, [1, 1, 0], ceil_mode=True), VOLUME),
    case("aten.max_pool1d_with_indices", lambda torch, x: torch.ops.aten.max_pool1d_with_indices(x, 3, 2), LINE),
    case(
        "aten.max_pool1d_with_indices",
        lambda torch, x: torch.ops.aten.max_pool1d_with_indices(x, 2, 2, 1),
        floats(3, 9),
    ),
    case(
        "aten.max_pool2d_with_indices",
        lambda torch, x: torch.ops.aten.max_pool2d_with_indices(x, 3, 2, 1),
        IMAGE,
        other=OTHER,
    ),
    case(
        "aten.max_pool2d_with_indices",
        lambda torch, x: torch.ops.aten.max_pool2d_with_indices(x, 2, 2, 0, 2, True),
        floats(3, 7, 8),
    ),
    case("aten.max_pool3d_with_indices", lambda torch, x: torch.ops.aten.max_pool3d_with_indices(x, 2), VOLUME),
    case(
        "aten.max_pool3d_with_indices", lambda torch, x: torch.ops.aten.max_pool3d_with_indices(x, 3, 2, 1)[0], VOLUME
    ),
    case("aten.avg_pool1d", lambda torch, x: torch.avg_pool1d(x, 3), LINE),
    case(
        "aten.avg_pool1d", lambda torch, x: torch.avg_pool1d(x, 4, 3, 2, True, False), LINE, other=(floats(1, 3, 10),)
    ),
    case("aten.avg_pool1d", lambda torch, x: torch.avg_pool1d(x, 4, 3, 1, True, True), LINE, other=(floats(1, 3, 15),)),
    case("aten.avg_pool2d", lambda torch, x: torch.nn.functional.avg_pool2d(x, 3, 2, 1), IMAGE, other=OTHER),
    case(
        "aten.avg_pool2d", lambda torch, x: torch.nn.functional.avg_pool2d(x, 3, 2, 1, True, True), IMAGE, other=OTHER
    ),
    case(
        "aten.avg_pool2d",
        lambda torch, x: torch.nn.functional.avg_pool2d(x, [2, 3], 3, 1, True, False),
        IMAGE,
        other=OTHER,
    ),
    case(
        "aten.avg_pool2d",
        lambda torch, x: torch.nn.functional.avg_pool2d(x, 3, 2, 1, divisor_override=5),
        IMAGE,
        other=OTHER,
    ),
    case("aten.avg_pool2d", lambda torch, x: torch.nn.functional.avg_pool2d(x, 3, 2, 1, True, True, 5), IMAGE),
    case(
        "aten.avg_pool2d", lambda torch, x: torch.nn.functional.avg_pool2d(x, 3, 2, 0, True, True, 5), floats(2, 8, 9)
    ),
    case("aten.avg_pool3d", lambda torch, x: torch.nn.functional.avg_pool3d(x, 2), VOLUME),
    case("aten.avg_pool3d", lambda torch, x: torch.nn.functional.avg_pool3d(x, 3, 2, 1, True, False), VOLUME),
    case("aten.avg_pool3d", lambda torch, x: torch.nn.functional.avg_pool3d(x, 3, 2, 1, True), VOLUME),
    case("aten.adaptive_avg_pool1d", lambda torch, x: torch.adaptive_avg_pool1d(x, 5), LINE, other=(floats(3, 3, 9),)),
    case("aten.adaptive_avg_pool1d", lambda torch, x: torch.adaptive_avg_pool1d(x, 1), LINE),
    case(
        "aten.adaptive_avg_pool2d",
        lambda torch, x: torch.nn.functional.adaptive_avg_pool2d(x, (1, 1)),
        IMAGE,
        other=OTHER,
    ),
    case(
        "aten.adaptive_avg_pool2d",
        lambda torch, x: torch.nn.functional.adaptive_avg_pool2d(x, (4, 5)),
        IMAGE,
        other=OTHER,
    ),
    case("aten.adaptive_avg_pool2d", lambda torch, x: torch.nn.functional.adaptive_avg_pool2d(x, (None, 7)), IMAGE),
    case(
        "aten.adaptive_avg_pool2d",
        lambda torch, x: torch.nn.functional.adaptive_avg_pool2d(x, (3, 20)),
        floats(3, 6, 6),
    ),
    case("aten.adaptive_avg_pool3d", lambda torch, x: torch.nn.functional.adaptive_avg_pool3d(x, (1, 1, 1)), VOLUME),
    case("aten.adaptive_avg_pool3d", lambda torch, x: torch.nn.functional.adaptive_avg_pool3d(x, (3, 4, 2)), VOLUME),
    case("aten._adaptive_avg_pool2d", lambda torch, x: torch.ops.aten._adaptive_avg_pool2d(x, [4, 5]), IMAGE),
    case("aten._adaptive_avg_pool2d", lambda torch, x: torch.ops.aten._adaptive_avg_pool2d(x, [11, 2]), IMAGE),
    case("aten._adaptive_avg_pool3d", lambda torch, x: torch.ops.aten._adaptive_avg_pool3d(x, [4, 5, 3]), VOLUME),
    case("aten._adaptive_avg_pool3d", lambda torch, x: torch.ops.aten._adaptive_avg_pool3d(x, [7, 2, 3]), VOLUME),
    case("aten.adaptive_max_pool1d", lambda torch, x: torch.adaptive_max_pool1d(x, 5), LINE, other=(floats(2, 3, 8),)),
    case("aten.adaptive_max_pool1d", lambda torch, x: torch.adaptive_max_pool1d(x, 1)[0], LINE),
    case(
        "aten.adaptive_max_pool2d",
        lambda torch, x: torch.nn.functional.adaptive_max_pool2d(x, (4, 5), True),
        IMAGE,
        other=OTHER,
    ),
    case("aten.adaptive_max_pool2d", lambda torch, x: torch.nn.functional.adaptive_max_pool2d(x, (11, 7)), IMAGE),
    case("aten.adaptive_max_pool2d", lambda torch, x: torch.nn.functional.adaptive_max_pool2d(x, 3), floats(3, 7, 5)),
    case(
        "aten.adaptive_max_pool3d", lambda torch, x: torch.nn.functional.adaptive_max_pool3d(x, (2, 3, 4), True), VOLUME
    ),
    case("aten.adaptive_max_pool3d", lambda torch, x: torch.nn.functional.adaptive_max_pool3d(x, 1), VOLUME),
    case(
        "aten.max_unpool2d",
        lambda torch, x: torch.nn.functional.max_unpool2d(
            *torch.nn.functional.max_pool2d(x, 2, return_indices=True), 2
        ),
        floats(2, 3, 6, 8),
    ),
    case(
        "aten.max_unpool2d",
        lambda torch, x: torch.nn.functional.max_unpool2d(
            *torch.nn.functional.max_pool2d(x, 3, 2, return_indices=True), 3, 2, output_size=(7, 9)
        ),
        floats(3, 7, 9),
    ),
    case(
        "aten.max_unpool3d",
        lambda torch, x: torch.nn.functional.max_unpool3d(
            *torch.nn.functional.max_pool3d(x, 2, return_indices=True), 2
        ),
        floats(1, 2, 4, 6, 8),
    ),
    case(
        "aten.max_unpool3d",
        lambda torch, x: torch.nn.functional.max_unpool3d(
            *torch.nn.functional.max_pool3d(x, 2, return_indices=True), 2
        ),
        floats(2, 4, 2, 6),
    ),
    # --- interpolation
    case("aten.upsample_nearest1d", lambda torch, x: torch.nn.functional.interpolate(x, 29), LINE),
    case("aten.upsample_nearest1d", lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2.5), LINE),
    case("aten.upsample_nearest2d", lambda torch, x: torch.nn.functional.interpolate(x, (22, 9)), IMAGE, other=OTHER),
    case(
        "aten.upsample_nearest2d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2),
        IMAGE,
        other=OTHER,
    ),
    case(
        "aten.upsample_nearest2d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=(0.6, 1.7)),
        ints(1, 2, 9, 8, dtype="uint8", low=0),
    ),
    case(
        "aten.upsample_nearest2d",
        lambda torch, x, y: torch.nn.functional.interpolate(x, y.shape[2:]),
        IMAGE,
        floats(1, 1, 7, 19),
        other=(*OTHER, floats(1, 1, 24, 10)),
    ),
    case("aten.upsample_nearest3d", lambda torch, x: torch.nn.functional.interpolate(x, (5, 16, 12)), VOLUME),
    case("aten.upsample_nearest3d", lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2), VOLUME),
    case(
        "aten._upsample_nearest_exact1d",
        lambda torch, x: torch.nn.functional.interpolate(x, 29, mode="nearest-exact"),
        LINE,
    ),
    case(
        "aten._upsample_nearest_exact1d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=0.4, mode="nearest-exact"),
        LINE,
    ),
    case(
        "aten._upsample_nearest_exact2d",
        lambda torch, x: torch.nn.functional.interpolate(x, (22, 9), mode="nearest-exact"),
        IMAGE,
        other=OTHER,
    ),
    case(
        "aten._upsample_nearest_exact2d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2, mode="nearest-exact"),
        IMAGE,
    ),
    case(
        "aten._upsample_nearest_exact3d",
        lambda torch, x: torch.nn.functional.interpolate(x, (5, 16, 12), mode="nearest-exact"),
        VOLUME,
    ),
    case(
        "aten._upsample_nearest_exact3d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2, mode="nearest-exact"),
        VOLUME,
    ),
    case("aten.upsample_linear1d", lambda torch, x: torch.nn.functional.interpolate(x, 29, mode="linear"), LINE),
    case(
        "aten.upsample_linear1d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2, mode="linear", align_corners=True),
        LINE,
    ),
    case(
        "aten.upsample_bilinear2d",
        lambda torch, x: torch.nn.functional.interpolate(x, (22, 9), mode="bilinear"),
        IMAGE,
        other=OTHER,
    ),
    case(
        "aten.upsample_bilinear2d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True),
        IMAGE,
        other=OTHER,
    ),
    case(
        "aten.upsample_bilinear2d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=(1.7, 0.45), mode="bilinear"),
        IMAGE,
    ),
    case(
        "aten.upsample_bilinear2d", lambda torch, x: torch.nn.functional.interpolate(x, (1, 1), mode="bilinear"), IMAGE
    ),
    case(
        "aten.upsample_bilinear2d",
        lambda torch, x: torch.nn.functional.interpolate(x, (1, 5), mode="bilinear", align_corners=True),
        IMAGE,
    ),
    case(
        "aten.upsample_bilinear2d",
        lambda torch, x, y: torch.nn.functional.interpolate(x, y.shape[2:], mode="bilinear"),
        IMAGE,
        floats(1, 1, 7, 19),
        other=(*OTHER, floats(1, 1, 24, 10)),
    ),
    case(
        "aten.upsample_bilinear2d",
        lambda torch, x: torch.ops.aten.upsample_bilinear2d(x, [22, 7], False, 2.0, 0.5),
        IMAGE,
    ),
    case(
        "aten.upsample_trilinear3d",
        lambda torch, x: torch.nn.functional.interpolate(x, (5, 16, 12), mode="trilinear"),
        VOLUME,
    ),
    case(
        "aten.upsample_trilinear3d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2, mode="trilinear", align_corners=True),
        VOLUME,
    ),
    case(
        "aten.upsample_bicubic2d",
        lambda torch, x: torch.nn.functional.interpolate(x, (22, 9), mode="bicubic"),
        IMAGE,
        other=OTHER,
    ),
    case(
        "aten.upsample_bicubic2d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=1.5, mode="bicubic", align_corners=True),
        IMAGE,
    ),
    case(
        "aten.upsample_bicubic2d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2, mode="bicubic"),
        IMAGE,
    ),
    case(
        "aten._upsample_bilinear2d_aa",
        lambda torch, x: torch.nn.functional.interpolate(x, (5, 20), mode="bilinear", antialias=True),
        IMAGE,
    ),
    case(
        "aten._upsample_bilinear2d_aa",
        lambda torch, x: torch.nn.functional.interpolate(x, (4, 6), mode="bilinear", antialias=True),
        IMAGE,
    ),
    case(
        "aten._upsample_bicubic2d_aa",
        lambda torch, x: torch.nn.functional.interpolate(x, (5, 20), mode="bicubic", antialias=True),
        IMAGE,
    ),
    case(
        "aten._upsample_bicubic2d_aa",
        lambda torch, x: torch.nn.functional.interpolate(x, (4, 6), mode="bicubic", antialias=True),
        IMAGE,
    ),
    # --- sampling
    case(
        "aten.grid_sampler",
        lambda torch, x, g: torch.nn.functional.grid_sample(x, g, align_corners=False),
        IMAGE,
        GRID,
        other=(floats(2, 3, 5, 6), floats(2, 3, 7, 2)),
    ),
    case(
        "aten.grid_sampler",
        lambda torch, x, g: torch.nn.functional.grid_sample(x, g, "nearest", "border", align_corners=True),
        IMAGE,
        GRID,
    ),
    case(
        "aten.grid_sampler",
        lambda torch, x, g: torch.nn.functional.grid_sample(x, g, "bicubic", "reflection", align_corners=False),
        IMAGE,
        GRID,
    ),
    case(
        "aten.grid_sampler",
        lambda torch, x, g: torch.nn.functional.grid_sample(x, g, align_corners=True),
        VOLUME,
        DEEP_GRID,
    ),
    case("aten.grid_sampler_2d", lambda torch, x, g: torch.ops.aten.grid_sampler_2d(x, g, 0, 2, True), IMAGE, GRID),
    case("aten.grid_sampler_2d", lambda torch, x, g: torch.ops.aten.grid_sampler_2d(x, g, 2, 0, True), IMAGE, GRID),
    case(
        "aten.grid_sampler_3d", lambda torch, x, g: torch.ops.aten.grid_sampler_3d(x, g, 0, 1, False), VOLUME, DEEP_GRID
    ),
    case(
        "aten.grid_sampler_3d", lambda torch, x, g: torch.ops.aten.grid_sampler_3d(x, g, 1, 0, True), VOLUME, DEEP_GRID
    ),
    case(
        "aten.affine_grid_generator",
        lambda torch, m: torch.nn.functional.affine_grid(m, [2, 3, 5, 6], align_corners=False),
        floats(2, 2, 3),
    ),
    case(
        "aten.affine_grid_generator",
        lambda torch, m: torch.nn.functional.affine_grid(m, [1, 3, 5, 6, 4], align_corners=True),
        floats(1, 3, 4),
    ),
    # --- patches
    case(
        "aten.pixel_shuffle",
        lambda torch, x: torch.pixel_shuffle(x, 2),
        floats(2, 12, 3, 4),
        other=(floats(1, 12, 5, 2),),
    ),
    case("aten.pixel_shuffle", lambda torch, x: torch.pixel_shuffle(x, 3), floats(2, 2, 9, 3, 4)),
    case("aten.pixel_shuffle", lambda torch, x: torch.pixel_shuffle(x, 2), floats(8, 3, 4)),
    case(
        "aten.pixel_unshuffle",
        lambda torch, x: torch.pixel_unshuffle(x, 2),
        floats(2, 3, 6, 4),
        other=(floats(1, 3, 4, 8),),
    ),
    case("aten.pixel_unshuffle", lambda torch, x: torch.pixel_unshuffle(x, 3), floats(2, 6, 3)),
    case(
        "aten.channel_shuffle",
        lambda torch, x: torch.channel_shuffle(x, 3),
        floats(2, 6, 3, 4),
        other=(floats(1, 6, 2, 5),),
    ),
    case("aten.channel_shuffle", lambda torch, x: torch.channel_shuffle(x, 2), floats(2, 8, 5)),
    case("aten.native_channel_shuffle", lambda torch, x: torch.native_channel_shuffle(x, 3), floats(2, 6, 3, 4)),
    case("aten.native_channel_shuffle", lambda torch, x: torch.native_channel_shuffle(x, 2), floats(1, 4, 3, 4)),
    case("aten.im2col", lambda torch, x: torch.nn.functional.unfold(x, 3), IMAGE, other=OTHER),
    case(
        "aten.im2col",
        lambda torch, x: torch.nn.functional.unfold(x, (2, 3), (1, 2), (1, 0), (2, 3)),
        IMAGE,
        other=OTHER,
    ),
    case("aten.im2col", lambda torch, x: torch.nn.functional.unfold(x, 2, padding=1), floats(3, 5, 4)),
    case("aten.col2im", lambda torch, x: torch.nn.functional.fold(x, (4, 5), 2), floats(2, 12, 12)),
    case(
        "aten.col2im",
        lambda torch, x: torch.nn.functional.fold(x, (6, 7), (2, 3), (1, 2), (1, 0), (2, 1)),
        floats(2, 12, 12),
    ),
    # --- what torch.nn.functional makes of these
    case("aten.avg_pool3d", lambda torch, x: torch.nn.functional.local_response_norm(x, 3), IMAGE),
]
