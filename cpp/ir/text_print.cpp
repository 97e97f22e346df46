// Prints graphs and nodes in the text form.
#include <algorithm>
#include <type_traits>
#include <utility>

#include "ir/quote.h"
#include "ir/text.h"
#include "ir/text_elements.h"

namespace modelconv {
namespace {

// Words that would be read as something else than the name of a value.
bool is_reserved(std::string_view word) {
  return word == "_" || word == "inf" || word == "nan" || word == "graph";
}

std::string name_text(std::string_view name) {
  return is_plain_name(name) && !is_reserved(name) ? std::string(name) : quote(name);
}

// zeros[...] and float32[...] begin literals, so operators of these names are quoted.
std::string op_text(OpName op) {
  const std::string& text = op.str();
  const bool literal = dtype_from_name(text) || text == "zeros" || text == "ones" || text == "random";
  return literal ? quote(text) : name_text(text);
}

// In a comment, where one word of any characters is plain.
std::string node_name_text(const std::string& name) {
  const auto is_plain = [](char c) { return is_name_part(c) || c == '/' || c == ':' || c == '-'; };
  return std::all_of(name.begin(), name.end(), is_plain) ? name : quote(name);
}

class Printer {
 public:
  explicit Printer(const PrintOptions& options, bool one_line = false)
      : options_(options), one_line_(one_line) {}

  std::string take() { return std::move(text_); }

  void graph(const Graph& graph, size_t indent) {
    text_ += "graph " + name_text(graph.name) + "(";
    list(graph.inputs(), [&](const Value* input) { typed_name(*input, true); });
    text_ += ") -> (";
    list(graph.outputs(), [&](const GraphOutput& slot) { output(slot); });
    text_ += ") {";
    if (one_line_) {
      text_ += fmt::format("...{} nodes}}", graph.node_count());
      return;
    }
    const std::string margin(2 * indent + 2, ' ');
    for (const auto& value : graph.constants()) {
      text_ += "\n" + margin + name_text(value->name()) + ": ";
      tensor(value->constant());
    }
    for (const auto& each : graph.nodes()) {
      text_ += "\n" + margin;
      node(*each, indent + 1);
    }
    text_ += "\n" + std::string(2 * indent, ' ') + "}";
  }

  void node(const Node& node, size_t indent) {
    list(node.outputs(), [&](const Value* value) { value ? typed_name(*value, options_.types) : missing(); });
    if (node.output_count() > 0) text_ += " = ";
    text_ += op_text(node.op());
    if (!node.attrs.empty()) {
      text_ += "[";
      list(node.attrs, [&](const auto& item) {
        text_ += name_text(item.first) + "=";
        std::visit([&](const auto& value) { attribute(value, indent); }, item.second);
      });
      text_ += "]";
    }
    text_ += "(";
    list(node.inputs(), [&](const Value* value) { value ? text_ += name_text(value->name()) : missing(); });
    text_ += ")";
    if (options_.node_names && !node.name().empty()) text_ += "  # " + node_name_text(node.name());
  }

 private:
  template <class Items, class Print>
  void list(const Items& items, const Print& print) {
    bool first = true;
    for (const auto& item : items) {
      if (!first) text_ += ", ";
      first = false;
      print(item);
    }
  }

  std::string& missing() { return text_ += '_'; }

  std::string& typed_name(const Value& value, bool with_type) {
    text_ += name_text(value.name());
    if (with_type && value.type.kind != Type::Kind::unknown) text_ += ": " + value.type.str();
    return text_;
  }

  void output(const GraphOutput& slot) {
    text_ += name_text(slot.name);
    if (slot.declared.kind != Type::Kind::unknown) text_ += ": " + slot.declared.str();
    if (slot.value->name() != slot.name) text_ += " = " + name_text(slot.value->name());
  }

  // In a graph's constants an equals sign stands between type and elements.
  void tensor(const Tensor& tensor) {
    text_ += std::string(name_of(tensor.dtype())) + to_string(tensor.dims()) + " = ";
    elements(tensor);
  }

  void elements(const Tensor& tensor) {
    const auto count = static_cast<size_t>(tensor.size());
    if (count > options_.constant_elements)
      text_ += fmt::format("{{...{} values}}", count);
    else
      text_ += "{" + syntax::elements_text(tensor, count) + "}";
  }

  // --- attributes

  void attribute(int64_t value, size_t) { text_ += std::to_string(value); }
  void attribute(float value, size_t) { text_ += syntax::float_text(value); }
  void attribute(const std::string& value, size_t) { text_ += quote(value); }
  void attribute(const Type& value, size_t) { text_ += value.str(); }
  void attribute(const Tensor& value, size_t) {
    text_ += std::string(name_of(value.dtype())) + to_string(value.dims());
    elements(value);
  }
  void attribute(const GraphPtr& value, size_t indent) { graph(*value, indent); }

  template <class T>
  void attribute(const std::vector<T>& values, size_t indent) {
    // Lists without elements say their kind; [] is a list of integers.
    if (values.empty() && !std::is_same_v<T, int64_t>) text_ += kind_of(Attribute(values));
    text_ += "[";
    list(values, [&](const T& value) { attribute(value, indent); });
    text_ += "]";
  }

  const PrintOptions& options_;
  bool one_line_;
  std::string text_;
};

}  // namespace

std::string to_text(const Graph& graph, const PrintOptions& options) {
  Printer printer(options);
  printer.graph(graph, 0);
  return printer.take() + "\n";
}

std::string to_text(const Node& node, const PrintOptions& options) {
  Printer printer(options, true);
  printer.node(node, 0);
  return printer.take();
}

}  // namespace modelconv
