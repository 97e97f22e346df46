// Scan of opset 8 has a batch: states of shape [batch, ...], scanned inputs and outputs of shape [batch, length, ...], and
// a first input with each batch's length. That is a Scan over the batch around a Scan as it is since opset 9.
#include "base/error.h"
#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

// The new body: one batch, scanned by `scan` as the old node did.
GraphPtr scan_one_batch(const Step& step, const Graph& body) {
  const Node& node = step.node();
  const auto batch = std::make_shared<Graph>("batch", &step.graph());
  std::vector<Value*> inputs;
  for (size_t i = 1; i < node.input_count(); ++i) inputs.push_back(&batch->add_input("", Type()));
  Attrs attrs{{"body", GraphPtr(body.clone(batch.get()))},
              {"num_scan_inputs", step.attrs().get_or<int64_t>("num_scan_inputs", 0)}};
  if (const auto* directions = step.attrs().get<std::vector<int64_t>>("directions"))
    attrs.set("scan_input_directions", *directions);
  const size_t outputs = node.output_count();
  Node& scan =
      batch->add_node("Scan", inputs, std::move(attrs), std::vector<std::string>(outputs), node.name());
  for (size_t i = 0; i < outputs; ++i) batch->add_output(scan.output(i)->name(), *scan.output(i));
  return batch;
}

void raise_first_scan(Step& step) {
  if (step.input(0)) step.refuse("it has lengths per batch (sequence_lens), which went with opset 9");
  const auto* body = step.attrs().get<GraphPtr>("body");
  ENSURE(body && *body, MalformedModelError, "{} has no attribute 'body'", step.node().describe());
  const auto count = static_cast<int64_t>(step.node().input_count()) - 1;
  ENSURE(count > 0, MalformedModelError, "{} has no inputs", step.node().describe());
  const GraphPtr batch = scan_one_batch(step, **body);
  step.attrs() = Attrs{{"body", batch}, {"num_scan_inputs", count}};
  const std::span<Value* const> inputs = step.node().inputs();
  step.graph().set_inputs(step.node(), {inputs.begin() + 1, inputs.end()});
}

void lower_to_first_scan(Step& step) {
  step.refuse("Scan changed with opset 9 beyond what can be translated");
}

}  // namespace

Boundaries scan_boundaries() { return {{"Scan", 8}, {"Scan", 9, raise_first_scan, lower_to_first_scan}}; }

}  // namespace modelconv::onnx
