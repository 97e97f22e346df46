// Which nodes of a GraphDef are its results: the file does not say.
#include <unordered_map>
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

// Nodes that something fed to the graph leads to; all nodes of a graph that nothing is fed to. What depends on variables
// alone is a leftover: an optimiser's moments, for example.
std::unordered_set<std::string_view> reached_by_inputs(const GraphDef& def) {
  std::unordered_map<std::string_view, std::vector<const NodeDef*>> users;
  std::unordered_set<std::string_view> reached;
  std::vector<const NodeDef*> open;
  const auto reach = [&](const NodeDef& node) {
    if (reached.insert(node.name).second) open.push_back(&node);
  };
  for (const NodeDef& node : def.nodes) {
    for (const std::string_view input : node.inputs)
      if (!input.starts_with('^')) users[node_of(input)].push_back(&node);
    if (node.op.starts_with("Placeholder") || node.op.starts_with("QueueDequeue") ||
        node.op == "IteratorGetNext")
      reach(node);
  }
  if (open.empty())
    for (const NodeDef& node : def.nodes) reached.insert(node.name);
  while (!open.empty()) {
    const NodeDef& node = *open.back();
    open.pop_back();
    if (const auto found = users.find(node.name); found != users.end())
      for (const NodeDef* user : found->second) reach(*user);
  }
  return reached;
}

}  // namespace

std::vector<std::string> guess_outputs(const GraphDef& def) {
  std::unordered_set<std::string_view> used;
  for (const NodeDef& node : def.nodes)
    if ((!works_by_effect(node.op) && !belongs_to_training(node.name)) || node.op == "StopGradient")
      for (const std::string_view input : node.inputs)
        if (!input.starts_with('^')) used.insert(node_of(input));
  const auto reached = reached_by_inputs(def);
  std::vector<std::string> outputs;
  for (const NodeDef& node : def.nodes)
    if (!used.contains(node.name) && !works_by_effect(node.op) && !belongs_to_training(node.name) &&
        reached.contains(node.name))
      outputs.emplace_back(node.name);
  if (outputs.empty())
    throw BadArgument("no node of this TensorFlow graph looks like its result")
        .hint("name it: outputs=[\"node\"]");
  return outputs;
}

std::string describe_guess(const std::vector<std::string>& outputs) {
  std::string names;
  for (const std::string& name : outputs) names += (names.empty() ? "'" : ", '") + name + "'";
  return "the file does not say what its outputs are; taken: " + names + "; outputs= names others";
}

}  // namespace modelconv::tensorflow
