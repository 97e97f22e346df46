// Tables of before and after: run rules on a graph in text form, compare with the expected text, and compare what the
// two graphs compute on random inputs.
#pragma once

#include <string>
#include <vector>

#include "rewrite/rule.h"

namespace modelconv::testing {

// `after` empty: the graph must stay as it is. Free names are inputs; give them shapes in front ("x: float32[2, 3]; ...").
void expect_rewrites(const Rules& rules, const std::string& before, const std::string& after);

inline void expect_unchanged(const Rules& rules, const std::string& before) {
  expect_rewrites(rules, before, before);
}

// The operators left, in order, with those of subgraphs in parentheses behind their node ("Loop(Add, Mul)"); and the
// numbers. For rules that compute new constants.
void expect_ops(const Rules& rules, const std::string& before, const std::vector<std::string>& ops);

}  // namespace modelconv::testing
