// Images sampled at places: grid_sampler and its grids.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

// Source of the numbers: enum GridSamplerInterpolation and GridSamplerPadding, aten/src/ATen/native/GridSamplerUtils.h.
void raise_grid_sampler(Translation& t) {
  const Call call(t, "input, grid, interpolation_mode:int, padding_mode:int, align_corners:bool");
  static const char* const kModes[] = {"linear", "nearest", "cubic"};
  static const char* const kPaddings[] = {"zeros", "border", "reflection"};
  const int64_t mode = call.integer("interpolation_mode"), padding = call.integer("padding_mode");
  if (mode < 0 || mode > 2 || padding < 0 || padding > 2)
    t.refuse("there is no interpolation {} with padding {}", mode, padding);
  give(compute("GridSample", {tensor(call, "input"), tensor(call, "grid")},
               {{"mode", kModes[mode]},
                {"padding_mode", kPaddings[padding]},
                {"align_corners", int64_t{call.flag("align_corners")}}}));
}

void raise_affine_grid(Translation& t) {
  const Call call(t, "theta, size:ints, align_corners:bool");
  give(compute("AffineGrid", {tensor(call, "theta"), sizes(call, "size")},
               {{"align_corners", int64_t{call.flag("align_corners")}}}));
}

}  // namespace

OpMappings sampling_ops() {
  return {
      {"aten.affine_grid_generator", "AffineGrid", raise_affine_grid, nullptr, ""},
      {"aten.grid_sampler", "GridSample", raise_grid_sampler, nullptr, ""},
      {"aten.grid_sampler_2d", "GridSample", raise_grid_sampler, nullptr, ""},
      {"aten.grid_sampler_3d", "GridSample", raise_grid_sampler, nullptr, ""},
  };
}

}  // namespace modelconv::torch
