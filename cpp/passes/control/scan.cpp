// Scan. Inputs: states, then scan inputs; outputs: states, then scan outputs.
#include <algorithm>

#include "base/error.h"
#include "ops/attributes.h"
#include "passes/control/control.h"
#include "passes/control/inline_body.h"

namespace modelconv {
namespace {

constexpr int64_t kMostUnrolledNodes = 128;  // as for Loop

std::vector<int64_t> per_scan(const Node& node, const char* name, size_t count) {
  auto values = optional_ints(node, name).value_or(std::vector<int64_t>());
  values.resize(count, 0);
  return values;
}

struct ScanParts {
  explicit ScanParts(const Node& node)
      : body(graph_attr(node, "body")), scanned(static_cast<size_t>(int_attr(node, "num_scan_inputs"))) {
    if (scanned == 0 || scanned > node.input_count()) return;
    states = node.input_count() - scanned;
    is_whole = body.inputs().size() == node.input_count() && body.outputs().size() == node.output_count() &&
               node.output_count() >= states;
  }
  Graph& body;
  size_t scanned, states = 0;
  bool is_whole = false;
};

// The length of the scanned axes, when one of them is known.
std::optional<int64_t> length_of(const Node& node, const ScanParts& scan, const std::vector<int64_t>& axes) {
  for (size_t i = 0; i < scan.scanned; ++i) {
    const Shape& shape = node.input(scan.states + i)->shape();
    if (!shape.has_rank()) continue;
    if (const auto size = shape[normalize_axis(axes[i], shape.rank())].known()) return size;
  }
  return std::nullopt;
}

Value& stacked(Patch& patch, std::vector<Value*> slices, int64_t axis, bool backward) {
  if (backward) std::reverse(slices.begin(), slices.end());
  std::vector<Value*> parts;
  for (Value* slice : slices) parts.push_back(&patch.add("Unsqueeze", {slice, &patch.ints({axis})}));
  return parts.size() == 1 ? *parts[0] : patch.add("Concat", std::move(parts), {{"axis", axis}});
}

Outcome unroll_scan(Node& node, Patch& patch) {
  const ScanParts scan(node);
  if (!scan.is_whole) return refuse("its body does not fit the node");
  const auto axes = per_scan(node, "scan_input_axes", scan.scanned);
  const auto backward = per_scan(node, "scan_input_directions", scan.scanned);
  const auto length = length_of(node, scan, axes);
  if (!length) return refuse("the length of what it scans is not known");
  if (*length == 0) return refuse("it scans nothing");
  const int64_t nodes = count_nodes(scan.body) + static_cast<int64_t>(scan.scanned);
  if (*length > 1 && *length > kMostUnrolledNodes / (nodes + 1))
    return refuse("{} steps of {} nodes are more than the {} nodes that unrolling may make", *length, nodes,
                  kMostUnrolledNodes);
  std::vector<Value*> state(node.inputs().begin(),
                            node.inputs().begin() + static_cast<std::ptrdiff_t>(scan.states));
  std::vector<std::vector<Value*>> slices(node.output_count() - scan.states);
  for (int64_t step = 0; step < *length; ++step) {
    std::vector<Value*> inputs = state;
    for (size_t i = 0; i < scan.scanned; ++i)
      inputs.push_back(&patch.add(
          "Gather", {node.input(scan.states + i), &patch.int_scalar(backward[i] ? *length - 1 - step : step)},
          {{"axis", axes[i]}}));
    const std::vector<Value*> results = inline_body(patch, scan.body, inputs);
    for (size_t i = 0; i < scan.states; ++i) state[i] = results[i];
    for (size_t i = 0; i < slices.size(); ++i) slices[i].push_back(results[scan.states + i]);
  }
  const auto output_axes = per_scan(node, "scan_output_axes", slices.size());
  const auto output_backward = per_scan(node, "scan_output_directions", slices.size());
  for (size_t i = 0; i < node.output_count(); ++i) {
    if (!node.output(i) || node.output(i)->is_unused()) continue;
    const size_t scan_output = i - scan.states;
    patch.replace(*node.output(i), i < scan.states
                                       ? *state[i]
                                       : stacked(patch, slices[scan_output], output_axes[scan_output],
                                                 output_backward[scan_output] != 0));
  }
  return Outcome::applied();
}

}  // namespace

Rules scan_rules() {
  return {
      Rule("unroll_scan")
          .describe(
              "a Scan of constant length is unrolled: one step always, more when the result has few nodes")
          .on({"Scan"}, unroll_scan)};
}

}  // namespace modelconv
