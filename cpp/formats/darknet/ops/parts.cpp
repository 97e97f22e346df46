#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {

std::vector<int64_t> ints_of(const Translation& t, std::string_view name) {
  return t.node().attrs.get_or<std::vector<int64_t>>(name, {});
}

std::vector<float> floats_of(const Translation& t, std::string_view name) {
  return t.node().attrs.get_or<std::vector<float>>(name, {});
}

std::string text_of(const Translation& t, std::string_view name) {
  return t.node().attrs.get_or<std::string>(name, "");
}

Term as_image(const Term& x, const std::vector<int64_t>& chw) {
  const Shape& shape = x.value().shape();
  if (!shape.has_rank() || shape.rank() != 2) return x;
  return reshape(x, {-1, chw.at(0), chw.at(1), chw.at(2)});
}

Term as_vector(const Term& x) {
  const Shape& shape = x.value().shape();
  return shape.has_rank() && shape.rank() == 2 ? x : compute("Flatten", {x}, {{"axis", int64_t{1}}});
}

Term image_input(Translation& t) { return as_image(input(t, 0), ints_of(t, "chw")); }

Term constant(Translation& t, Dims dims, const std::vector<float>& values) {
  return {t, t.constant(Tensor::of<float>(std::move(dims), values))};
}

Term normalize(const Term& x, const Term& biases, const Statistics& statistics) {
  return compute("BatchNormalization", {x, statistics.scales, biases, statistics.mean, statistics.variance},
                 {{"epsilon", float_of(x.translation(), "epsilon")}});
}

std::vector<Term> inputs_between(Translation& t, size_t first, size_t end) {
  std::vector<Term> terms;
  for (size_t i = first; i < end; ++i) terms.push_back(input(t, i));
  return terms;
}

Term blurred(const Term& x) {
  Translation& t = x.translation();
  const int64_t size = int_of(t, "blur");
  if (size == 0) return x;
  const Shape& shape = x.value().shape();
  if (!shape.has_rank() || !shape[1].is_known()) t.refuse("its channels are not known");
  const int64_t channels = shape[1].value();
  const std::vector<float> once = size == 2
                                      ? std::vector<float>(4, 1 / 4.F)
                                      : std::vector<float>{1 / 16.F, 2 / 16.F, 1 / 16.F, 2 / 16.F, 4 / 16.F,
                                                           2 / 16.F, 1 / 16.F, 2 / 16.F, 1 / 16.F};
  std::vector<float> weights;
  for (int64_t c = 0; c < channels; ++c) weights.insert(weights.end(), once.begin(), once.end());
  const int64_t padding = size == 3 ? 1 : 0;
  return compute("Conv", {x, constant(t, {channels, 1, size, size}, weights)},
                 {{"group", channels},
                  {"kernel_shape", std::vector<int64_t>{size, size}},
                  {"strides", ints_of(t, "blur_strides")},
                  {"pads", std::vector<int64_t>(4, padding)}});
}

Affine read_affine(Translation& t, size_t& at) {
  Term biases = input(t, at++), weights = input(t, at++);
  if (flag_of(t, "transposed")) weights = transpose(weights, {1, 0});
  if (flag_of(t, "batch_normalize")) {
    const Term scales = input(t, at), mean = input(t, at + 1), variance = input(t, at + 2);
    at += 3;
    const Term factor = scales / compute("Sqrt", {variance + float_of(t, "epsilon")});
    biases = biases - mean * factor;
    weights = weights * unsqueeze(factor, {1});
  }
  return {weights, biases};
}

}  // namespace modelconv::darknet
