// The format that docs/adding-a-format.md shows, part by part; a test compares page and file.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/utf8.h"
#include "eval/evaluator.h"
#include "formats/common/format.h"
#include "formats/common/mapping.h"
#include "ops/infer.h"
#include "wire/byte_cursor.h"

namespace modelconv {
namespace lines {

// [decode]
// input x 2 3
// relu y x
// output y
std::unique_ptr<Graph> decode(std::string_view text) {
  auto graph = std::make_unique<Graph>();
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line);
    std::string what, name;
    if (!(words >> what >> name)) continue;
    ENSURE(is_valid_utf8(name), MalformedModelError, "line {}: the name is not UTF-8", number);
    ENSURE(what == "output" || !graph->find_value(name), MalformedModelError,
           "line {}: '{}' is there already", number, name);
    const auto value_of = [&](const std::string& wanted) -> Value& {
      Value* value = graph->find_value(wanted);
      ENSURE(value, MalformedModelError, "line {}: there is no '{}' above it", number, wanted);
      return *value;
    };
    if (what == "input") {
      std::vector<Dim> dims;
      for (int64_t size; words >> size;) dims.emplace_back(size);
      graph->add_input(name, Type::tensor(DType::float32, Shape(dims)));
    } else if (what == "output") {
      graph->add_output(name, value_of(name));
    } else {
      std::vector<Value*> inputs;
      for (std::string input; words >> input;) inputs.push_back(&value_of(input));
      Node& node = graph->add_node(OpName("lines", what), inputs);
      graph->rename(*node.output(), name);
    }
  }
  return graph;
}
// [decode]

// [ops]
void raise_square(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, t.add("Mul", {&x, &x}));
}

OpMappings op_mappings() {
  return {
      {"lines.relu", "Relu", translate_name, translate_name, ""},
      {"lines.add", "Add", translate_name, translate_name, ""},
      {"lines.square", "Mul", raise_square, nullptr, "x * x"},
  };
}
// [ops]

// [encode]
std::string encode(const Graph& graph) {
  std::string text;
  for (const Value* input : graph.inputs()) {
    text += "input " + input->name();
    for (size_t axis = 0; axis < input->shape().rank(); ++axis)
      text += " " + std::to_string(input->shape()[axis].value());
    text += "\n";
  }
  for (const auto& node : graph.nodes()) {
    text += node->op().name() + " " + node->output()->name();
    for (const Value* input : node->inputs()) text += " " + input->name();
    text += "\n";
  }
  for (const GraphOutput& output : graph.outputs()) text += "output " + output.value->name() + "\n";
  return text;
}
// [encode]

// [format]
bool recognises(const Source& source) {
  return !source.is_folder && as_text(source.bytes).starts_with("input ");
}

Model read(const ReadRequest& request) {
  for (const auto& [name, value] : request.options)
    throw BadArgument(fmt::format("the reader of lines has no option '{}'", name));
  Model model;
  model.graph = decode(as_text(request.source.bytes));
  raise_graph(*model.graph, op_mappings(), "reading lines", request.custom_ops);
  return model;
}

void infer_lines(Node& node) { node.output()->type = node.input(0)->type; }

void write(const Model& model, const WriteRequest& request, AtomicFiles& files) {
  const std::unique_ptr<Graph> graph = model.graph->clone();  // lowering changes it
  lower_graph(*graph, op_mappings(), "lines", "writing lines", infer_lines);
  files.create(request.target).write(encode(*graph));
}

const Format& lines_format() {
  static const Format format = [] {
    Format lines;
    lines.name = "lines";
    lines.description = "one operator per line";
    lines.suffixes = {".lines"};
    lines.recognises = recognises;
    lines.read = read;
    lines.write = write;
    return lines;
  }();
  return format;
}
// [format]

}  // namespace lines

namespace {

constexpr std::string_view kText = "input x 2 3\nrelu y x\nadd z y x\noutput z\n";

Source source_of(std::string_view text) {
  return {{}, false, std::as_bytes(std::span(text.data(), text.size())), nullptr};
}

Model read_lines(std::string_view text, const FormatOptions& options = {}) {
  ReadRequest request;
  request.source = source_of(text);
  request.options = options;
  return lines::lines_format().read(request);
}

TEST(ExampleFormat, WritesWhatItHasRead) {
  const std::filesystem::path target =
      std::filesystem::temp_directory_path() / fmt::format("example-{}.lines", ::getpid());
  AtomicFiles files;
  WriteRequest request;
  request.target = target;
  lines::lines_format().write(read_lines(kText), request, files);
  files.commit();
  const auto file = MappedFile::open(target);
  EXPECT_EQ(as_text(file->bytes()), kText);
  EXPECT_TRUE(lines::lines_format().recognises({target, false, file->bytes(), file}));
  std::filesystem::remove(target);
}

TEST(ExampleFormat, ComputesWhatItSays) {
  const Model model = read_lines("input x 2\nsquare y x\noutput y\n");
  const auto results =
      Evaluator(*model.graph).run({RuntimeValue{Tensor::of({2}, std::vector<float>{-3, 0.5F})}});
  EXPECT_EQ(results.at(0).tensor().to_double(), (std::vector<double>{9, 0.25}));
}

TEST(ExampleFormat, RefusesInWords) {
  EXPECT_THROW(read_lines("input x 2\nrelu y w\n"), MalformedModelError);
  EXPECT_THROW(read_lines("input x 2\ntwist y x\noutput y\n"), UnsupportedOpError);
  EXPECT_THROW(read_lines(kText, {{"a", "b"}}), BadArgument);
}

}  // namespace
}  // namespace modelconv
