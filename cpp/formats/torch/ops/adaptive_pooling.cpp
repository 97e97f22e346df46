// Pooling to a given size: window i of `out` covers [floor(i * in / out), ceil((i + 1) * in / out)) of `in` elements. Where `in`
// is a known multiple of `out` that is ordinary pooling. Source: aten/src/ATen/native/AdaptivePooling.h.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/spatial.h"

namespace modelconv::torch {
namespace {

std::optional<std::vector<int64_t>> known_target(const Call& call) {
  std::vector<int64_t> sizes;
  for (const auto& size : call.raw("output_size")) {
    if (!size.is_number_integer()) return std::nullopt;
    sizes.push_back(size.get<int64_t>());
  }
  return sizes;
}

bool all_ones(const std::vector<int64_t>& sizes) {
  return std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size == 1; });
}

// Ordinary windows, where there are such.
std::optional<Attrs> even_windows(const Call& call, const Term& x, size_t spatial) {
  const auto target = known_target(call), from = known_spatial(x, spatial);
  if (!target || !from || target->size() != spatial) return std::nullopt;
  std::vector<int64_t> kernel;
  for (size_t i = 0; i < spatial; ++i) {
    if ((*target)[i] <= 0 || (*from)[i] % (*target)[i] != 0) return std::nullopt;
    kernel.push_back((*from)[i] / (*target)[i]);
  }
  return Attrs{{"kernel_shape", kernel}, {"strides", kernel}};
}

// Begins and ends of the windows of one axis, int64 [out].
struct Bounds {
  Term begin, end;
};
Bounds bounds_of(const Term& from, const Term& to) {
  const Term i = range(to);
  return {i * from / to, ((i + 1.0) * from + to - 1.0) / to};
}

// [in, out]: what each element contributes to each window's mean.
Term shares(const Term& from, const Term& to, DType dtype) {
  const auto [begin, end] = bounds_of(from, to);
  const Term element = unsqueeze(range(from), {1});
  const Term is_inside = both(begin <= element, element < end);
  return cast(is_inside, dtype) / cast(end - begin, dtype);
}

// A window's mean is the mean over one axis of the means over the others: one matrix product per axis.
Term average_by_axis(const Call& call, const Term& x, size_t spatial) {
  Translation& t = x.translation();
  const std::vector<Value*> target = call.int_scalars("output_size");
  Term y = x;
  for (size_t i = 0; i < spatial; ++i) {
    const auto axis = static_cast<int64_t>(2 + i), last = static_cast<int64_t>(x.rank()) - 1;
    const Term matrix = shares(size_of(x, axis), unsqueeze({t, *target.at(i)}, {0}), x.dtype());
    y = swap_axes(compute("MatMul", {swap_axes(y, axis, last), matrix}), axis, last);
  }
  return y;
}

void raise_adaptive_average(Translation& t) {
  const Call call(t, "self, output_size:ints");
  const size_t spatial = spatial_axes_of_name(t);
  give(with_batch(tensor(call, "self"), spatial, [&](const Term& x) -> std::vector<Term> {
    const auto target = known_target(call);
    if (target && all_ones(*target)) return {compute("GlobalAveragePool", {x})};
    if (const auto attrs = even_windows(call, x, spatial)) return {compute("AveragePool", {x}, *attrs)};
    return {average_by_axis(call, x, spatial)};
  })[0]);
}

// --- maxima

// int64 [out, most]: the elements of each window of one axis; the last one again where a window has fewer.
Term members(const Term& from, const Term& to) {
  const auto [begin, end] = bounds_of(from, to);
  const Term most = reduce("ReduceMax", end - begin, {0}, true);
  return minimum(unsqueeze(begin, {1}) + unsqueeze(range(most), {0}), unsqueeze(end - 1.0, {1}));
}

// int64 [out..., members]: the same for all axes together, as places in a channel.
Term members_of_channel(const Call& call, const Term& x, size_t spatial) {
  Translation& t = x.translation();
  const std::vector<Value*> target = call.int_scalars("output_size");
  std::optional<Term> places;
  for (size_t i = 0; i < spatial; ++i) {
    const Term size = size_of(x, static_cast<int64_t>(2 + i));
    const Term here = members(size, unsqueeze({t, *target.at(i)}, {0}));
    std::vector<int64_t> beside;  // [1, .., out, .., 1, 1, .., most, .., 1]
    for (size_t axis = 0; axis < 2 * spatial; ++axis)
      if (axis % spatial != i) beside.push_back(static_cast<int64_t>(axis));
    const Term spread = unsqueeze(here, beside);
    places = places ? *places * size + spread : spread;
  }
  std::vector<int64_t> shape(spatial, 0);
  shape.push_back(-1);
  return reshape(*places, shape);
}

std::vector<Term> maximum_by_members(const Call& call, const Term& x, size_t spatial) {
  const Term places = members_of_channel(call, x, spatial);
  const Term flat = reshape(x, {0, 0, -1});
  const Term candidates = gather(flat, places, 2);  // [batch, channels, out..., members]
  const Term best = compute("ArgMax", {candidates}, {{"axis", int64_t{-1}}, {"keepdims", int64_t{1}}});
  const Term everywhere = expand(places, shape_of(candidates));
  const Term index = compute("GatherElements", {everywhere, best}, {{"axis", int64_t{-1}}});
  return {reduce("ReduceMax", candidates, {-1}), squeeze(index, {-1})};
}

void raise_adaptive_maximum(Translation& t) {
  const Call call(t, "self, output_size:ints");
  const size_t spatial = spatial_axes_of_name(t);
  const std::vector<Term> results =
      with_batch(tensor(call, "self"), spatial, [&](const Term& x) -> std::vector<Term> {
        const auto target = known_target(call);
        if (t.wants_output(1)) return maximum_by_members(call, x, spatial);
        if (target && all_ones(*target)) return {compute("GlobalMaxPool", {x})};
        if (const auto attrs = even_windows(call, x, spatial)) return {compute("MaxPool", {x}, *attrs)};
        return {maximum_by_members(call, x, spatial)[0]};
      });
  for (size_t i = 0; i < results.size(); ++i) give(results[i], i);
}

}  // namespace

OpMappings adaptive_pooling_ops() {
  OpMappings rows;
  for (const char* name :
       {"aten._adaptive_avg_pool2d", "aten._adaptive_avg_pool3d", "aten.adaptive_avg_pool1d",
        "aten.adaptive_avg_pool2d", "aten.adaptive_avg_pool3d"})
    rows.push_back({name, "AveragePool", raise_adaptive_average, nullptr, ""});
  for (const char* name :
       {"aten.adaptive_max_pool1d", "aten.adaptive_max_pool2d", "aten.adaptive_max_pool3d"})
    rows.push_back({name, "MaxPool", raise_adaptive_maximum, nullptr, ""});
  return rows;
}

}  // namespace modelconv::torch
