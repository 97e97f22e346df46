// RNN, GRU, LSTM: since opset 14 the batch may come first (layout=1).
#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

using Perm = std::vector<int64_t>;

void lower_layout(Step& step) {
  const bool batch_first = step.int_or("layout", 0) != 0;
  step.attrs().remove("layout");
  if (!batch_first) return;
  const bool has_cell = step.node().op().name() == "LSTM";
  for (const size_t index : {size_t{0}, size_t{5}, size_t{6}}) {  // X, initial_h, initial_c
    if (!step.input(index) || (index == 6 && !has_cell)) continue;
    step.set_input(index, &step.add("Transpose", {step.input(index)}, {{"perm", Perm{1, 0, 2}}}));
  }
  // Y: [sequence, direction, batch, hidden] becomes [batch, sequence, direction, hidden].
  step.wrap_output(0, "Transpose", {}, {{"perm", Perm{2, 0, 1, 3}}});
  for (const size_t index : {size_t{1}, size_t{2}})
    step.wrap_output(index, "Transpose", {}, {{"perm", Perm{1, 0, 2}}});
}

}  // namespace

Boundaries recurrent_boundaries() {
  Boundaries rows;
  for (const char* op : {"RNN", "GRU", "LSTM"}) {
    rows.push_back({op, 14, nullptr, lower_layout});
    rows.push_back({op, 22});
  }
  return rows;
}

}  // namespace modelconv::onnx
