// The way through: load, simplify, save. The only place that joins the stages.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/common/format.h"
#include "passes/pass.h"

namespace modelconv {

struct LoadOptions {
  std::string source_format;                           // empty: recognised
  std::vector<std::string> inputs, outputs;            // tensors to cut at
  std::vector<std::string> input_names, output_names;  // new names, in order
  // Wanted shape per input, by the source's name or the new one; -1 or unknown dimensions keep what the source says.
  std::map<std::string, std::vector<Dim>> input_shapes;
  std::optional<std::filesystem::path> weights;
  FormatOptions options;
  CustomOps custom_ops;
  ProgressSink progress;
};

struct SaveOptions {
  std::string target_format;  // empty: by suffix
  std::optional<int64_t> opset;
  std::optional<bool> external_data;
  FormatOptions options;
  ProgressSink progress;
  std::function<void(const std::string&, const std::string&)> renamed = {};  // see WriteRequest
};

// Reads and raises a model; names and shapes are then set, types inferred, the graph verified, and the transposes that
// the reader itself put in cleaned up.
Model load_model(const std::filesystem::path& path, const LoadOptions& options = {});
Model load_model(Bytes bytes, std::shared_ptr<const void> keep_alive, const LoadOptions& options = {});

// The same for a graph of the source format's own operators that was decoded elsewhere; `where` names the file in errors.
Model load_graph(std::unique_ptr<Graph> graph, const std::string& where, const LoadOptions& options);

struct SimplifyOptions : PassOptions {
  std::map<std::string, std::vector<Dim>> input_shapes;
  ProgressSink progress;
};

PipelineReport simplify_model(Model& model, const SimplifyOptions& options = {});

// Writes atomically: an existing file stays as it was when anything fails.
void save_model(const Model& model, const std::filesystem::path& target, const SaveOptions& options = {});

// The subgraph between the named tensors, as a model of its own. Names of values, inputs or outputs.
Model extract(const Model& model, const std::vector<std::string>& inputs,
              const std::vector<std::string>& outputs);

// Sets wanted dimensions of inputs; BadArgument for unknown names (with the nearest), ShapeError for a rank or a fixed
// dimension that contradicts the model... a batch of 1 may become dynamic or another number.
void set_input_shapes(Graph& graph, const std::map<std::string, std::vector<Dim>>& shapes);
// The input of that name; BadArgument with the nearest names when there is none.
Value& input_named(Graph& graph, const std::string& name);
// "nchw" or "nhwc" (channels last, for any number of spatial axes): the order in which the model takes its images from now
// on, for all inputs that image operators read, or by name. Outputs stay as they are. BadArgument for an input that
// is no image. Returns, for each input that changed, the permutation that takes the user's array back to the old order.
using RestoringOrders = std::map<std::string, std::vector<int64_t>>;
RestoringOrders set_input_layout(Graph& graph, const std::string& layout);
RestoringOrders set_input_layout(Graph& graph, const std::map<std::string, std::string>& layouts);
void rename_inputs(Graph& graph, const std::vector<std::string>& names);
void rename_outputs(Graph& graph, const std::vector<std::string>& names);

// Operator -> number of nodes, subgraphs included, sorted by name.
std::map<std::string, int64_t> op_counts(const Graph& graph);

}  // namespace modelconv
