// A call's arguments as terms of formulas (formats/common/term.h), and shapes as PyTorch counts them.
#pragma once

#include "formats/common/term.h"
#include "formats/torch/ops/promotion.h"

namespace modelconv::torch {

using namespace formula;  // NOLINT: the rules of this folder are written in it

Term tensor(const Call& call, std::string_view name);
Term operand(const Call& call, std::string_view name, DType dtype);
Term index(const Call& call, std::string_view name);  // int64 [1], of a number that may be symbolic

// Result `index` of the call. What is one of the node's inputs goes through an Identity, so that it has a name of its own.
void give(const Term& y, size_t index = 0);

// int64 [n]: the entries of a list of sizes, `instead` where one is -1.
Term sizes(const Call& call, std::string_view name, int64_t instead = -1);

// 0, 1, ... rank - 1
std::vector<int64_t> all_axes(size_t rank);

Term swap_axes(const Term& x, int64_t a, int64_t b);
// `axis` goes to the front, and back.
Term to_front(const Term& x, int64_t axis);
Term from_front(const Term& x, int64_t axis);

// `part` takes the places `indices` [k] along the axis, or is added to what is there. `reduction`: as of ScatterND.
Term put(const Term& x, int64_t axis, const Term& indices, const Term& part, const std::string& reduction);

// All tensors in the type in which they meet.
std::vector<Term> meeting(const Call& call, std::string_view name);

}  // namespace modelconv::torch
