// Operators that came late, or that few runtimes have, as what they are made of: canonical operators of opset 13.
#pragma once

#include <string_view>

#include "passes/decompose/step.h"

namespace modelconv::decompose {

void attention(Step& step);
void attention_with_valid_keys(Step& step);  // those of opset 24; others are left alone
void attention_with_windows(Step& step);     // those of opset 25; others are left alone
void rotary_embedding(Step& step);
void swiglu(Step& step);
void trilu(Step& step);
void affine_grid(Step& step);
void hann_window(Step& step);
void hamming_window(Step& step);
void blackman_window(Step& step);
void center_crop_pad(Step& step);
void bernoulli(Step& step);
void causal_conv(Step& step);
// Those of com.microsoft too, from qgemm on.
void qlinear_conv(Step& step);
void qlinear_matmul(Step& step);
void qgemm(Step& step);
void qlinear_add(Step& step);
void qlinear_average_pool(Step& step);
void qlinear_concat(Step& step);
void qlinear_global_average_pool(Step& step);
void qlinear_leaky_relu(Step& step);
void qlinear_mul(Step& step);
void qlinear_sigmoid(Step& step);
void qlinear_softmax(Step& step);

// How an operator is taken apart, by its name with the domain in front; null when it is not.
Adapter decomposition_of(std::string_view op);

// Takes apart every node of the default domain and com.microsoft, subgraphs included, that `is_wanted` picks, has a decomposition, and does
// not refuse it.
void decompose_nodes(Graph& graph, bool (*is_wanted)(OpName));

}  // namespace modelconv::decompose
