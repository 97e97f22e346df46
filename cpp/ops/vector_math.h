// Exponential-like functions over float arrays, written so that compilers vectorise them; errors stay within 2.5 units in
// the last place (tests/cpp/ops/vector_math_test.cpp measures them over all magnitudes). NaN, infinities and signed
// zeros come out as from <cmath>. y may be x.
#pragma once

#include <cstdint>

namespace modelconv {

void exp_array(const float* x, float* y, int64_t n);
void tanh_array(const float* x, float* y, int64_t n);
void erf_array(const float* x, float* y, int64_t n);
void sigmoid_array(const float* x, float* y, int64_t n);

// x * sigmoid(alpha * x)
void swish_array(const float* x, float* y, int64_t n, float alpha);
// x * tanh(log(1 + exp(x)))
void mish_array(const float* x, float* y, int64_t n);
// x/2 * (1 + erf(x / sqrt(2)))
void gelu_array(const float* x, float* y, int64_t n);
// x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))
void gelu_tanh_array(const float* x, float* y, int64_t n);
// x for x > 0, else scale * (exp(x * inner) - 1)
void elu_array(const float* x, float* y, int64_t n, float positive_scale, float negative_scale, float inner);

}  // namespace modelconv
