// Which nodes of a GraphDef are its results: the file does not say.
#include <unordered_set>

#include "formats/tensorflow/build_graph.h"

namespace modelconv::tensorflow {
namespace {

// Nodes that nobody uses without being a result: they work by what they do, or are leftovers of training and saving.
bool works_by_effect(std::string_view op) {
  static const std::unordered_set<std::string_view> kOps = {"Assert",
                                                            "Assign",
                                                            "AssignAdd",
                                                            "AssignAddVariableOp",
                                                            "AssignSub",
                                                            "AssignSubVariableOp",
                                                            "AssignVariableOp",
                                                            "AudioSummary",
                                                            "AudioSummaryV2",
                                                            "Const",
                                                            "DestroyResourceOp",
                                                            "HistogramSummary",
                                                            "ImageSummary",
                                                            "InitializeTableV2",
                                                            "InitializeTableFromTextFileV2",
                                                            "LookupTableImportV2",
                                                            "MakeIterator",
                                                            "MergeSummary",
                                                            "MergeV2Checkpoints",
                                                            "NoOp",
                                                            "Placeholder",
                                                            "PlaceholderV2",
                                                            "PlaceholderWithDefault",
                                                            "Print",
                                                            "PrintV2",
                                                            "Restore",
                                                            "RestoreSlice",
                                                            "RestoreV2",
                                                            "Save",
                                                            "SaveSlices",
                                                            "SaveV2",
                                                            "ScalarSummary",
                                                            "ShardedFilename",
                                                            "StopGradient",
                                                            "TensorSummary",
                                                            "TensorSummaryV2",
                                                            "VarHandleOp",
                                                            "VarIsInitializedOp",
                                                            "Variable",
                                                            "VariableV2",
                                                            "WriteFile"};
  return kOps.contains(op) || op.starts_with("Apply") || op.starts_with("ResourceApply") ||
         op.starts_with("SparseApply") || op.starts_with("Queue");
}

bool belongs_to_training(std::string_view name) {
  return name.starts_with("gradients/") || name.starts_with("save/") || name.starts_with("save_1/");
}

std::string_view node_of(std::string_view input) { return input.substr(0, input.find(':')); }

}  // namespace

std::vector<std::string> guess_outputs(const GraphDef& def) {
  std::unordered_set<std::string_view> used;
  for (const NodeDef& node : def.nodes)
    if (!works_by_effect(node.op) || node.op == "StopGradient")
      for (const std::string_view input : node.inputs)
        if (!input.starts_with('^')) used.insert(node_of(input));
  std::vector<std::string> outputs;
  for (const NodeDef& node : def.nodes)
    if (!used.contains(node.name) && !works_by_effect(node.op) && !belongs_to_training(node.name))
      outputs.emplace_back(node.name);
  if (outputs.empty())
    throw BadArgument("no node of this TensorFlow graph looks like its result")
        .hint("name it: outputs=[\"node\"]");
  return outputs;
}

}  // namespace modelconv::tensorflow
