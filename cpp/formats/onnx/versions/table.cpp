#include "formats/onnx/versions/table.h"

#include <algorithm>

#include "base/error.h"

namespace modelconv::onnx {
namespace {

using Table = std::map<std::string_view, std::vector<Boundary>>;

Table build_table() {
  Table table;
  for (Boundaries (*family)() : {
           compatible_boundaries,   opset7_boundaries,
           axis_boundaries,         attribute_to_input_boundaries,
           reduction_boundaries,    normalization_boundaries,
           softmax_boundaries,      resize_boundaries,
           quantization_boundaries, pooling_boundaries,
           recurrent_boundaries,    scan_boundaries,
           activation_boundaries,   attention_boundaries,
           einsum_boundaries,       late_operator_boundaries,
           wider_type_boundaries,   elementwise_boundaries,
           shape_boundaries,
       })
    for (const Boundary& boundary : family()) table[boundary.op].push_back(boundary);
  for (auto& [op, list] : table) {
    std::sort(list.begin(), list.end(),
              [](const Boundary& a, const Boundary& b) { return a.since < b.since; });
    for (size_t i = 1; i < list.size(); ++i)
      ENSURE(list[i].since != list[i - 1].since, InternalError, "two rows for {} of opset {}", op,
             list[i].since);
  }
  return table;
}

}  // namespace

const std::vector<Boundary>& boundaries_of(std::string_view op) {
  static const Table table = build_table();
  static const std::vector<Boundary> none;
  const auto found = table.find(op);
  return found == table.end() ? none : found->second;
}

}  // namespace modelconv::onnx
