// Sections with several inputs.
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
namespace {

std::vector<int64_t> size_number(const Translation& t, size_t index) {
  const auto sizes = ints_of(t, "sizes");
  return {sizes.at(3 * index), sizes.at(3 * index + 1), sizes.at(3 * index + 2)};
}

void raise_route(Translation& t) {
  const int64_t groups = int_of(t, "groups"), group = int_of(t, "group_id");
  std::vector<Term> parts;
  for (size_t i = 0; i < t.input_count(); ++i) {
    const auto chw = size_number(t, i);
    const Term x = t.input_count() > 1 || groups > 1 ? as_image(input(t, i), chw) : input(t, i);
    const int64_t share = chw[0] / groups;
    parts.push_back(groups == 1 ? x : slice(x, 1, group * share, (group + 1) * share));
  }
  set_output(t, 0, parts.size() == 1 && groups == 1 ? compute("Identity", {parts[0]}) : concat(parts, 1));
}

// `x` with `count` channels: the first ones, or zeros behind them.
Term with_channels(const Term& x, int64_t has, int64_t count, size_t rank) {
  if (has == count) return x;
  if (has > count) return slice(x, 1, 0, count);
  std::vector<int64_t> pads(2 * rank, 0);
  pads[rank + 1] = count - has;
  return compute("Pad", {x, numbers(x.translation(), pads)});
}

// Darknet adds the numbers of an image in their order, as many as both have (shortcut_multilayer_cpu in blas.c).
Term fitted(const Term& x, const std::vector<int64_t>& from, const std::vector<int64_t>& to) {
  if (from[1] == to[1] && from[2] == to[2]) return with_channels(as_image(x, from), from[0], to[0], 4);
  const Term numbers_of_x = as_vector(x);
  const Term flat = with_channels(numbers_of_x, from[0] * from[1] * from[2], to[0] * to[1] * to[2], 2);
  return reshape(flat, {-1, to[0], to[1], to[2]});
}

// Factors of the terms [terms, C or 1, 1, 1].
Term shortcut_factors(Translation& t, size_t index) {
  const std::string kind = text_of(t, "normalization");
  const Term weights = input(t, index);
  if (kind == "none") return weights;
  const Term positive = kind == "relu" ? compute("Relu", {weights})
                                       : compute("Exp", {weights - reduce("ReduceMax", weights, {0}, true)});
  return positive / (reduce("ReduceSum", positive, {0}, true) + 0.0001);
}

void raise_shortcut(Translation& t) {
  const auto terms = static_cast<size_t>(int_of(t, "terms"));
  const auto chw = ints_of(t, "chw");
  std::vector<Term> parts = {image_input(t)};
  for (size_t i = 1; i < terms; ++i) parts.push_back(fitted(input(t, i), size_number(t, i - 1), chw));
  if (t.input_count() > terms) {
    const Term factors = shortcut_factors(t, terms);
    for (size_t i = 0; i < terms; ++i) {
      const auto at = static_cast<int64_t>(i);
      parts[i] = parts[i] * slice(factors, 0, at, at + 1);
    }
  }
  Term sum = parts[0];
  for (size_t i = 1; i < terms; ++i) sum = sum + parts[i];
  set_output(t, 0, activate(sum, text_of(t, "activation")));
}

// Numbers of the first input times the image of the second; one of them is stretched over the other.
void raise_product(Translation& t) {
  const Term y = input(t, 1) * image_input(t);
  set_output(t, 0, activate(y, text_of(t, "activation")));
}

}  // namespace

OpMappings join_ops() {
  return {
      {"darknet.route", "Concat", raise_route, nullptr, "layers of the same width and height"},
      {"darknet.sam", "Mul", raise_product, nullptr, ""},
      {"darknet.scale_channels", "Mul", raise_product, nullptr, ""},
      {"darknet.shortcut", "Add", raise_shortcut, nullptr, ""},
  };
}

}  // namespace modelconv::darknet
