#include "formats/common/wide_pools.h"

#include <algorithm>

#include "formats/common/term.h"
#include "ops/attributes.h"

namespace modelconv {
namespace {

using namespace formula;

// What each place of the window sees of the image along one axis.
struct Sight {
  struct Place {
    int64_t begin, end;  // elements of the image
    int64_t counted;     // by what their sum is divided
  };
  int64_t size = 0;
  std::vector<Place> places;

  bool sees_all() const {
    return std::all_of(places.begin(), places.end(), [&](const Place& place) {
      return place.begin == 0 && place.end == size && place.counted == places[0].counted;
    });
  }
};

bool is_wide(const Window& window, size_t axis, const Dim& size) {
  return size.is_known() && size.value() > 0 && window.dilations[axis] == 1 &&
         window.kernel[axis] >= size.value() && window.pads_begin[axis] + window.pads_end[axis] > 0;
}

Sight sight_along(const Node& node, const Window& window, size_t axis, int64_t size, bool pads_count) {
  const int64_t places = window_positions(node, window, axis, Dim(size)).value();
  const int64_t first = pads_count ? -window.pads_begin[axis] : 0,
                last = pads_count ? size + window.pads_end[axis] : size;
  Sight sight{size, {}};
  for (int64_t i = 0; i < places; ++i) {
    const int64_t begin = i * window.strides[axis] - window.pads_begin[axis],
                  end = begin + window.kernel[axis];
    sight.places.push_back(
        {std::max<int64_t>(begin, 0), std::min(end, size), std::min(end, last) - std::max(begin, first)});
  }
  return sight;
}

// [places, size]
Tensor matrix_of(const Sight& sight) {
  std::vector<float> matrix(sight.places.size() * static_cast<size_t>(sight.size), 0);
  for (size_t i = 0; i < sight.places.size(); ++i)
    for (int64_t j = sight.places[i].begin; j < sight.places[i].end; ++j)
      matrix[i * static_cast<size_t>(sight.size) + static_cast<size_t>(j)] =
          1.0f / static_cast<float>(sight.places[i].counted);
  return Tensor::of<float>({static_cast<int64_t>(sight.places.size()), sight.size}, matrix);
}

Term repeated(const Term& x, int64_t axis, size_t times) {
  if (times == 1) return x;
  std::vector<int64_t> repeats(x.rank(), 1);
  repeats[static_cast<size_t>(axis)] = static_cast<int64_t>(times);
  return compute("Tile", {x, numbers(x.translation(), repeats)});
}

// All of an axis with the same weight, or a product with the matrix along it: [in front, size, behind].
Term averaged(const Term& x, int64_t axis, const Sight& sight) {
  if (sight.sees_all()) {
    const Term mean = reduce("ReduceMean", x, {axis}, true);
    const double factor = static_cast<double>(sight.size) / static_cast<double>(sight.places[0].counted);
    return repeated(factor == 1 ? mean : mean * factor, axis, sight.places.size());
  }
  Translation& t = x.translation();
  const Term matrix(t, t.constant(matrix_of(sight)));
  const Term lines = reshape(
      x, concat({numbers(t, {-1, sight.size}), reduce("ReduceProd", shape_from(x, axis + 1), {0}, true)}, 0));
  const Term product = compute("MatMul", {cast(matrix, x.dtype()), lines});
  const Term places = numbers(t, {static_cast<int64_t>(sight.places.size())});
  return reshape(product, concat({shape_part(x, 0, axis), places, shape_from(x, axis + 1)}, 0));
}

// The window along the other axes.
Attrs narrow_attrs(const Node& node, Window window, const std::vector<std::optional<Sight>>& sights) {
  for (size_t axis = 0; axis < window.rank(); ++axis)
    if (sights[axis]) {
      window.kernel[axis] = window.strides[axis] = 1;
      window.pads_begin[axis] = window.pads_end[axis] = 0;
    }
  std::vector<int64_t> pads = window.pads_begin;
  pads.insert(pads.end(), window.pads_end.begin(), window.pads_end.end());
  Attrs attrs = node.attrs;
  attrs.set("kernel_shape", window.kernel);
  attrs.set("strides", window.strides);
  attrs.set("pads", pads);
  return attrs;
}

}  // namespace

bool lower_wide_pool(Translation& t) {
  const size_t rank = t.rank(0) - 2;
  const Window window = read_window(t.node(), rank);
  const bool averages = t.node().op() == OpName("nhwc.AveragePool");
  if (window.auto_pad != Window::AutoPad::explicit_pads || t.wants_output(1)) return false;
  const bool pads_count = averages && int_attr(t.node(), "count_include_pad") != 0;
  std::vector<std::optional<Sight>> sights(rank);
  bool any = false;
  for (size_t axis = 0; axis < rank; ++axis) {
    const Dim& size = t.input(0)->shape()[axis + 1];
    if (!is_wide(window, axis, size)) continue;
    const Sight sight = sight_along(t.node(), window, axis, size.value(), pads_count);
    const bool sees_something =
        std::all_of(sight.places.begin(), sight.places.end(),
                    [](const Sight::Place& place) { return place.begin < place.end; });
    if (!sees_something || (!averages && !sight.sees_all())) continue;
    sights[axis] = sight;
    any = true;
  }
  if (!any) return false;
  Term y = input(t, 0);
  for (size_t i = 0; i < rank; ++i) {
    if (!sights[i]) continue;
    const auto axis = static_cast<int64_t>(i) + 1;
    y = averages ? averaged(y, axis, *sights[i])
                 : repeated(reduce("ReduceMax", y, {axis}, true), axis, sights[i]->places.size());
  }
  const bool all =
      std::all_of(sights.begin(), sights.end(), [](const auto& sight) { return sight.has_value(); });
  set_output(t, 0, all ? y : compute(t.node().op(), {y}, narrow_attrs(t.node(), window, sights)));
  return true;
}

}  // namespace modelconv
