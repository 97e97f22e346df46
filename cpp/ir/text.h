// Text form of graphs, printed and parsed: for tests, dumps of every stage, `inspect`.
//
//   graph main(x: float32[N, 3, 8, 8], n: int64[]) -> (y: float32[N, 4, 8, 8], z = b) {
//     w: float32[4, 3, 1, 1] = {0.5, 1, ...}               constants; long ones print as {...12 values}
//     c: float32[N, 4, 8, 8] = Conv[strides=[1, 1]](x, w)  # conv1   types and the node's name are optional
//     a, b = Split[axis=1, num_outputs=2](c)
//     y = Relu(a)
//   }
//
// An output slot has its own name and declared type; `= b` says which value fills it when that has another name.
// Calls nest ("y = Relu(Conv(x, w))", or "y = Relu(c = Conv(x, w))" to name the inner result), a missing optional
// input or output is `_`, names that are not plain words (A-Z a-z 0-9 _ and dots) are quoted ("conv1/Relu:0").
// Behind a statement, `# name` is the node's name when it is one word or quoted; other comments say nothing.
//
// Types: float32[N, 3], float32[...] (rank not known), ?[2] (dtype not known), ? (nothing known), seq(t), optional(t),
// sparse(float32[2]), map(int64, t). Dimensions as Dim::parse() reads them.
// Attributes: 1 (int), 1.0 (float), "s", int64[2]{1, 2} (tensor), float32[N] (type), a graph as above, and lists of
// each; lists without elements say their kind, floats[], but for [], which is ints.
// Literals as inputs make constants: 1.0 and 2 (float32 and int64 scalars), `zeros[2, 3]`, `ones[4]`, `random[2, 3]`
// (float32; random is seeded and the same each time, in [-1, 1)), `int64[2]{1, 2}`, `float16[]{0.5}`,
// `string[1]{"a"}`, `bool[2]{true, false}`, `complex64[1]{(1, 2)}`; 0x7e01 in a float tensor is a pattern of bits.
// The short form leaves out the header: "y = Mul(x, 1.0)" takes free names as float32 inputs of unknown shape, or as
// declared in front ("x: float32[2, 3]; y = Mul(x, 1.0)"); the values that no one uses are the outputs. Statements end
// at a line's end or at a semicolon; "y = x" gives a value a second name.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace modelconv {

struct PrintOptions {
  size_t constant_elements = 8;  // constants with more elements are shortened, and cannot be parsed back
  bool types = true;
  bool node_names = true;
};

std::string to_text(const Graph& graph, const PrintOptions& options = {});
std::string to_text(const Node& node, const PrintOptions& options = {});  // one line; subgraphs are shortened

// Throws BadArgument with line and column.
std::unique_ptr<Graph> parse_graph(std::string_view text);

}  // namespace modelconv
