// What the rules of several sections share. Values are [N, C, H, W], or [N, numbers] where a section gives a vector.
#pragma once

#include <string>
#include <vector>

#include "formats/common/term.h"

namespace modelconv::darknet {

using namespace formula;

inline int64_t int_of(const Translation& t, std::string_view name) {
  return t.node().attrs.get_or<int64_t>(name, 0);
}
inline bool flag_of(const Translation& t, std::string_view name) { return int_of(t, name) != 0; }
inline float float_of(const Translation& t, std::string_view name) {
  return t.node().attrs.get_or<float>(name, 0);
}
std::vector<int64_t> ints_of(const Translation& t, std::string_view name);
std::vector<float> floats_of(const Translation& t, std::string_view name);
std::string text_of(const Translation& t, std::string_view name);

// The first input, or one of known size, as [N, C, H, W] or [N, C * H * W].
Term image_input(Translation& t);
Term as_image(const Term& x, const std::vector<int64_t>& chw);
Term as_vector(const Term& x);

Term constant(Translation& t, Dims dims, const std::vector<float>& values);

// An activation by Darknet's name. `x` is [N, C, ...].
Term activate(const Term& x, const std::string& name);

struct Statistics {
  Term scales, mean, variance;
};
// (x - mean) / sqrt(variance + epsilon) * scales + biases
Term normalize(const Term& x, const Term& biases, const Statistics& statistics);

// Inputs from number `first` up to `end`.
std::vector<Term> inputs_between(Translation& t, size_t first, size_t end);

// Convolution and matrix product with the node's settings, activation included.
// biases, [scales, mean, variance,] weights
Term convolve(const Term& x, const std::vector<Term>& weights);
// biases, weights, [scales, mean, variance]
Term connect(const Term& x, const std::vector<Term>& weights);

// antialiasing: a fixed depthwise blur, when the node has one.
Term blurred(const Term& x);

// A matrix [outputs, inputs] and vector [outputs] of a connected layer, batch normalisation taken into them; its inputs
// stand from `at` on, which moves behind them.
struct Affine {
  Term weights, biases;
};
Affine read_affine(Translation& t, size_t& at);

}  // namespace modelconv::darknet
