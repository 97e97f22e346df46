#include "formats/tensorflow/lookup_tables.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_set>

#include "base/mapped_file.h"
#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

bool fills_from_tensors(std::string_view op) {
  static const std::unordered_set<std::string_view> kOps = {"InitializeTable",     "InitializeTableV2",
                                                            "LookupTableImport",   "LookupTableInsert",
                                                            "LookupTableImportV2", "LookupTableInsertV2"};
  return kOps.contains(op);
}

bool fills_from_file(std::string_view op) {
  return op == "InitializeTableFromTextFile" || op == "InitializeTableFromTextFileV2";
}

bool fills_tables(const GraphDef& graph) {
  const auto fills = [](const NodeDef& node) {
    return fills_from_tensors(node.op) || fills_from_file(node.op);
  };
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), fills) ||
         std::any_of(graph.functions.begin(), graph.functions.end(), [&](const auto& entry) {
           return std::any_of(entry.second.nodes.begin(), entry.second.nodes.end(), fills);
         });
}

const FlatNode& source_of(const FlatGraph& flat, TensorRef ref) {
  for (size_t steps = 0; steps < flat.nodes.size(); ++steps) {
    const FlatNode& node = flat.nodes[ref.node];
    if ((node.op != "Identity" && node.op != "IdentityN") || ref.port >= node.inputs.size()) break;
    ref = node.inputs[ref.port];
  }
  return flat.nodes[ref.node];
}

// The node that a file's name comes from: SavedModels of TensorFlow 2 keep it in a variable.
const FlatNode& source_of_name(const FlatGraph& flat, TensorRef ref) {
  const FlatNode& node = source_of(flat, ref);
  if (node.op != "ReadVariableOp" || node.inputs.empty()) return node;
  const FlatNode& variable = source_of(flat, node.inputs[0]);
  for (const FlatNode& assign : flat.nodes)
    if (assign.op == "AssignVariableOp" && assign.inputs.size() > 1 &&
        &source_of(flat, assign.inputs[0]) == &variable)
      return source_of(flat, assign.inputs[1]);
  return node;
}

std::optional<Tensor> constant_of(const FlatNode& node, const GraphDef& graph) {
  if (node.op != "Const") return std::nullopt;
  RepeatBudget budget;
  for (const auto& [name, encoded] : node.attrs) {
    if (name != "value") continue;
    const Attribute attribute = decode_attr(encoded, graph.keep_alive, budget);
    if (const Tensor* tensor = std::get_if<Tensor>(&attribute)) return *tensor;
  }
  return std::nullopt;
}

const Bytes* attr_of(const FlatNode& node, std::string_view wanted) {
  for (const auto& [name, encoded] : node.attrs)
    if (name == wanted) return &encoded;
  return nullptr;
}

int64_t int_attr(const FlatNode& node, std::string_view name, int64_t fallback) {
  const Bytes* encoded = attr_of(node, name);
  return encoded ? decode_int(*encoded, fallback) : fallback;
}

// What a line of a vocabulary file is a key or a value by (tensorflow/core/kernels/lookup_util.cc).
constexpr int64_t kWholeLine = -2, kLineNumber = -1;

struct Column {
  int64_t index;
  DType dtype;
};

std::string_view cut_column(std::string_view line, int64_t index, char delimiter) {
  for (int64_t i = 0; i < index; ++i) {
    const size_t end = line.find(delimiter);
    ENSURE(end != std::string_view::npos, MalformedModelError, "the line '{}' has no column {}", line, index);
    line.remove_prefix(end + 1);
  }
  return line.substr(0, line.find(delimiter));
}

Tensor column_of(const std::vector<std::string_view>& lines, const Column& column, char delimiter) {
  const auto count = static_cast<int64_t>(lines.size());
  std::vector<std::string> words;
  std::vector<int64_t> numbers;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (column.index == kLineNumber) {
      numbers.push_back(static_cast<int64_t>(i));
      continue;
    }
    const std::string_view word =
        column.index == kWholeLine ? lines[i] : cut_column(lines[i], column.index, delimiter);
    words.emplace_back(word);
    if (column.dtype == DType::string) continue;
    int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    ENSURE(error == std::errc() && end == word.data() + word.size(), MalformedModelError,
           "'{}' in line {} is no whole number", word, i + 1);
    numbers.push_back(number);
  }
  if (column.dtype == DType::string && column.index != kLineNumber)
    return Tensor::of<std::string>({count}, words);
  return Tensor::of<int64_t>({count}, numbers);
}

TableContents read_file(const std::filesystem::path& path, const FlatNode& node) {
  const auto file = MappedFile::open(path);
  const Bytes bytes = file->bytes();
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const int64_t limit = int_attr(node, "vocab_size", -1), skipped = int_attr(node, "offset", 0);
  if (skipped > 0) lines.erase(lines.begin(), lines.begin() + std::min<int64_t>(skipped, std::ssize(lines)));
  if (limit >= 0 && static_cast<size_t>(limit) < lines.size()) lines.resize(static_cast<size_t>(limit));
  const Bytes* delimiter = attr_of(node, "delimiter");
  const std::string_view separator = delimiter ? decode_string(*delimiter) : "\t";
  const char at = separator.empty() ? '\t' : separator[0];
  const auto column = [&](const char* name) {
    const int64_t index = int_attr(node, name, 0);
    ENSURE(index >= kWholeLine && index < 1'000'000, MalformedModelError, "{} is {}", name, index);
    // Types are the table's; a whole line is text unless it stands for a number.
    return Column{index, index == kWholeLine ? DType::string : DType::int64};
  };
  Column keys = column("key_index"), values = column("value_index");
  if (keys.index >= 0) keys.dtype = DType::string;
  return {column_of(lines, keys, at), column_of(lines, values, at)};
}

}  // namespace

LookupTables::LookupTables(const GraphDef& graph, const std::vector<std::string>& init_nodes,
                           std::map<std::string, std::filesystem::path> files)
    : files_(std::move(files)) {
  if (!fills_tables(graph)) return;
  FlattenOptions options;
  options.with_control = true;
  options.outputs = init_nodes;
  for (const NodeDef& node : graph.nodes)
    if (fills_from_tensors(node.op) || fills_from_file(node.op)) options.outputs.emplace_back(node.name);
  if (options.outputs.empty()) return;
  const FlatGraph flat = flatten(graph, options);
  for (const FlatNode& node : flat.nodes)
    if (fills_from_tensors(node.op) || fills_from_file(node.op)) read_initialiser(flat, node, graph);
}

void LookupTables::read_initialiser(const FlatGraph& flat, const FlatNode& node, const GraphDef& graph) {
  if (node.inputs.size() < 2) return;
  const FlatNode& table = source_of(flat, node.inputs[0]);
  if (fills_from_file(node.op)) {
    const FlatNode& name = source_of_name(flat, node.inputs[1]);
    const auto file = files_.find(name.name);
    if (file != files_.end()) {
      contents_[table.name] = read_file(file->second, node);
      return;
    }
    const auto path = constant_of(name, graph);
    std::error_code error;
    if (path && path->dtype() == DType::string && path->size() == 1 &&
        std::filesystem::is_regular_file(path->data<std::string>()[0], error))
      contents_[table.name] = read_file(path->data<std::string>()[0], node);
    return;
  }
  if (node.inputs.size() < 3) return;
  const auto keys = constant_of(source_of(flat, node.inputs[1]), graph);
  const auto values = constant_of(source_of(flat, node.inputs[2]), graph);
  if (!keys || !values) return;
  ENSURE(keys->size() == 0 || values->size() % keys->size() == 0, MalformedModelError,
         "the table '{}' has {} keys and {} values", table.name, keys->size(), values->size());
  contents_[table.name] = {keys->reshaped({keys->size()}), *values};
}

std::optional<TableContents> LookupTables::find(const std::string& table) const {
  const auto found = contents_.find(table);
  return found == contents_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace modelconv::tensorflow
