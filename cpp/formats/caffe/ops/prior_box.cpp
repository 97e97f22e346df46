// SSD's prior boxes: constants, because they depend on sizes only. Source: prior_box_layer.cpp of github.com/weiliu89/caffe.
#include <cmath>

#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

struct Size {
  float w, h;
};

// 1 and what the file names, each with its inverse when `flip` is set.
std::vector<float> aspect_ratios(const Translation& t) {
  std::vector<float> ratios = {1};
  const bool flip = flag_of(t, "flip", true);
  for (const float ratio : floats_of(t, "aspect_ratio")) {
    if (ratio <= 0) fail(t, "aspect_ratio is {}", ratio);
    bool known = false;
    for (const float other : ratios) known = known || std::abs(ratio - other) < 1e-6F;
    if (known) continue;
    ratios.push_back(ratio);
    if (flip) ratios.push_back(1 / ratio);
  }
  return ratios;
}

// The boxes around each point, in pixels.
std::vector<Size> box_sizes(const Translation& t) {
  const auto smallest = floats_of(t, "min_size"), largest = floats_of(t, "max_size");
  if (smallest.empty()) fail(t, "it has no min_size");
  if (!largest.empty() && largest.size() != smallest.size())
    fail(t, "it has {} min_size and {} max_size", smallest.size(), largest.size());
  const auto ratios = aspect_ratios(t);
  std::vector<Size> sizes;
  for (size_t i = 0; i < smallest.size(); ++i) {
    sizes.push_back({smallest[i], smallest[i]});
    if (!largest.empty()) {
      const float middle = std::sqrt(smallest[i] * largest[i]);
      sizes.push_back({middle, middle});
    }
    for (const float ratio : ratios)
      if (std::abs(ratio - 1) >= 1e-6F)
        sizes.push_back({smallest[i] * std::sqrt(ratio), smallest[i] / std::sqrt(ratio)});
  }
  return sizes;
}

struct Grid {
  int64_t rows, columns;
  float image_w, image_h, step_w, step_h;
};

Grid grid_of(Translation& t) {
  const Term map = bottom(t, 0), image = bottom(t, 1);
  Grid g{};
  g.rows = known_size(map, 2, "the size of its first bottom");
  g.columns = known_size(map, 3, "the size of its first bottom");
  const int64_t size = int_of(t, "img_size", 0);
  const auto image_side = [&](const char* name, size_t axis) {
    const int64_t given = int_of(t, name, size);
    return static_cast<float>(given > 0 ? given : known_size(image, axis, "the size of the image"));
  };
  g.image_h = image_side("img_h", 2);
  g.image_w = image_side("img_w", 3);
  const float step = float_of(t, "step", 0);
  g.step_w = float_of(t, "step_w", step);
  g.step_h = float_of(t, "step_h", step);
  if (g.step_w == 0 || g.step_h == 0) {
    g.step_w = g.image_w / static_cast<float>(g.columns);
    g.step_h = g.image_h / static_cast<float>(g.rows);
  }
  return g;
}

std::vector<float> variances(const Translation& t) {
  auto values = floats_of(t, "variance");
  if (values.empty()) values = {0.1F};
  if (values.size() == 1) values.resize(4, values[0]);
  if (values.size() != 4) fail(t, "it has {} variances", values.size());
  return values;
}

// [1, 2, boxes * 4]: corners, then variances.
void raise_prior_box(Translation& t) {
  const Grid g = grid_of(t);
  const auto sizes = box_sizes(t);
  const auto variance = variances(t);
  const float offset = float_of(t, "offset", 0.5F);
  const bool clip_boxes = flag_of(t, "clip", false);
  const int64_t boxes = g.rows * g.columns * static_cast<int64_t>(sizes.size());
  if (g.rows > (1 << 14) || g.columns > (1 << 14) || boxes > (1 << 24))
    t.refuse("{} boxes are too many", boxes);
  std::vector<float> values;
  values.reserve(static_cast<size_t>(boxes) * 8);
  const auto add = [&](float value) {
    values.push_back(clip_boxes ? std::min(std::max(value, 0.F), 1.F) : value);
  };
  for (int64_t row = 0; row < g.rows; ++row)
    for (int64_t column = 0; column < g.columns; ++column) {
      const float x = (static_cast<float>(column) + offset) * g.step_w;
      const float y = (static_cast<float>(row) + offset) * g.step_h;
      for (const Size& size : sizes) {
        add((x - size.w / 2) / g.image_w);
        add((y - size.h / 2) / g.image_h);
        add((x + size.w / 2) / g.image_w);
        add((y + size.h / 2) / g.image_h);
      }
    }
  for (int64_t box = 0; box < boxes; ++box) values.insert(values.end(), variance.begin(), variance.end());
  set_output(t, 0, constant(t, {1, 2, boxes * 4}, values));
}

}  // namespace

OpMappings prior_box_ops() {
  return {{"caffe.PriorBox", "Constant", raise_prior_box, nullptr, "of SSD; images of known size"}};
}

}  // namespace modelconv::caffe
