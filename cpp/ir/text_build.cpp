// Builds the graph that a syntax tree describes.
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "ir/text.h"
#include "ir/text_syntax.h"

namespace modelconv {
namespace {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is all that this file works on

// What the names of one graph stand for.
struct Scope {
  Graph& graph;
  Scope* outer;
  std::unordered_map<std::string, Value*> values{};
  std::unordered_set<std::string> defined_here{};  // also by statements further down
  std::unordered_set<std::string> used{};
};

class Builder {
 public:
  Builder(std::string_view text, bool short_form) : text_(text), short_form_(short_form) {}

  std::unique_ptr<Graph> main_graph(const GraphText& tree) {
    collect_names(tree);
    auto graph = std::make_unique<Graph>(short_form_ ? "main" : tree.name);
    Scope scope{*graph, nullptr};
    root_ = &scope;
    fill(scope, tree);
    if (short_form_) add_unused_as_outputs(scope, tree);
    return graph;
  }

 private:
  // --- names

  void collect_names(const GraphText& tree) {
    for (const Result& input : tree.inputs) mentioned_.insert(input.name);
    for (const Statement& statement : tree.statements) {
      for (const Result& result : statement.results) mentioned_.insert(result.name);
      if (statement.value) collect_names(*statement.value);
    }
  }

  void collect_names(const Operand& operand) {
    mentioned_.insert(operand.name);
    if (!operand.call) return;
    for (const Operand& inner : operand.call->operands) collect_names(inner);
    for (const AttributeText& attribute : operand.call->attributes) {
      if (const auto* graph = std::get_if<GraphTextPtr>(&attribute.value)) collect_names(**graph);
      if (const auto* graphs = std::get_if<std::vector<GraphTextPtr>>(&attribute.value))
        for (const GraphTextPtr& each : *graphs) collect_names(*each);
    }
  }

  // A name for a value that the text gives none, which no other part of the text means.
  std::string fresh_name() {
    std::string name;
    do name = "t" + std::to_string(++made_up_);
    while (mentioned_.contains(name));
    return name;
  }

  static void note_definitions(Scope& scope, const Operand& operand) {
    if (!operand.call) return;
    if (!operand.name.empty()) scope.defined_here.insert(operand.name);
    for (const Operand& inner : operand.call->operands) note_definitions(scope, inner);
  }

  [[noreturn]] void fail(size_t at, const std::string& message) const { throw error_at(text_, at, message); }

  void check_new(const Scope& scope, const std::string& name, size_t at) const {
    for (const Scope* each = &scope; each; each = each->outer)
      if (each->values.contains(name)) fail(at, fmt::format("there is a value '{}' already", name));
  }

  void bind(Scope& scope, const std::string& name, size_t at, Value& value) {
    check_new(scope, name, at);
    scope.values.emplace(name, &value);
  }

  Value& lookup(Scope& scope, const std::string& name, size_t at) {
    for (Scope* each = &scope; each; each = each->outer) {
      const auto found = each->values.find(name);
      if (found == each->values.end()) continue;
      each->used.insert(name);
      return *found->second;
    }
    for (const Scope* each = &scope; each; each = each->outer)
      if (each->defined_here.contains(name)) fail(at, fmt::format("'{}' is used before it is defined", name));
    if (!short_form_) fail_unknown(scope, name, at);
    Value& input = root_->graph.add_input(name, Type::tensor(DType::float32));
    root_->values.emplace(name, &input);
    return input;
  }

  [[noreturn]] void fail_unknown(const Scope& scope, const std::string& name, size_t at) const {
    std::vector<std::string> visible;
    for (const Scope* each = &scope; each; each = each->outer)
      for (const auto& [other, value] : each->values) visible.push_back(other);
    BadArgument error = error_at(text_, at, fmt::format("there is no value '{}'", name));
    std::string hint;
    for (const std::string& near : nearest_names(name, visible))
      hint += (hint.empty() ? "did you mean " : ", ") + near;
    error.hint(hint.empty() ? hint : hint + "?");
    throw error;
  }

  // --- graphs and statements

  void fill(Scope& scope, const GraphText& tree) {
    for (const Result& input : tree.inputs) {
      check_new(scope, input.name, input.at);
      bind(scope, input.name, input.at, scope.graph.add_input(input.name, input.type));
    }
    for (const Statement& statement : tree.statements) {
      for (const Result& result : statement.results) scope.defined_here.insert(result.name);
      if (statement.value) note_definitions(scope, *statement.value);
    }
    for (const Statement& statement : tree.statements) add(scope, statement);
    for (const OutputText& output : tree.outputs)
      scope.graph.add_output(output.result.name, lookup(scope, output.value, output.result.at),
                             output.result.type);
  }

  void add(Scope& scope, const Statement& statement) {
    if (!statement.value) return declare(scope, statement);
    const Operand& value = *statement.value;
    if (value.kind == Operand::Kind::call) {
      add_node(scope, *value.call, statement.results, statement.node_name);
      return;
    }
    const Result& result = statement.results[0];
    check_new(scope, result.name, result.at);
    const bool literal = value.kind == Operand::Kind::literal;
    Value& meant = literal ? scope.graph.add_constant(value.literal, result.name) : *resolve(scope, value);
    if (!meant.type.compatible_with(result.type))
      fail(result.at, fmt::format("'{}' has the type {}", result.name, meant.type.str()));
    bind(scope, result.name, result.at, meant);
  }

  void declare(Scope& scope, const Statement& statement) {
    if (!short_form_ || scope.outer) fail(statement.at, "an input is declared in the graph's header");
    for (const Result& result : statement.results) {
      if (result.name.empty()) fail(result.at, "an input needs a name");
      check_new(scope, result.name, result.at);
      bind(scope, result.name, result.at, scope.graph.add_input(result.name, result.type));
      scope.used.insert(result.name);
    }
  }

  // In the short form, what no statement uses is an output.
  static void add_unused_as_outputs(Scope& scope, const GraphText& tree) {
    for (const Statement& statement : tree.statements)
      for (const Result& result : statement.results)
        if (!result.name.empty() && !scope.used.contains(result.name))
          scope.graph.add_output(result.name, *scope.values.at(result.name), result.type);
  }

  // --- nodes

  Value* resolve(Scope& scope, const Operand& operand) {
    switch (operand.kind) {
      case Operand::Kind::missing: return nullptr;
      case Operand::Kind::literal: return &scope.graph.add_constant(operand.literal, fresh_name());
      case Operand::Kind::rest: fail(operand.at, "'*' has a meaning in patterns only");
      case Operand::Kind::value:
        if (operand.optional) fail(operand.at, "'?' has a meaning in patterns only");
        return &lookup(scope, operand.name, operand.at);
      case Operand::Kind::call: break;
    }
    const Result result{operand.name.empty() ? fresh_name() : operand.name, operand.at, {}};
    return add_node(scope, *operand.call, {result}, "").output(0);
  }

  Node& add_node(Scope& scope, const Call& call, const std::vector<Result>& results,
                 const std::string& name) {
    if (call.ops.size() != 1) fail(call.at, "'|' has a meaning in patterns only");
    for (const Result& result : results)
      if (!result.name.empty()) check_new(scope, result.name, result.at);
    std::vector<Value*> inputs;
    inputs.reserve(call.operands.size());
    for (const Operand& operand : call.operands) inputs.push_back(resolve(scope, operand));
    Attrs attrs;
    for (const AttributeText& attribute : call.attributes) {
      if (attrs.has(attribute.name))
        fail(attribute.at, fmt::format("attribute '{}' is given twice", attribute.name));
      attrs.set(attribute.name, value_of(scope, attribute));
    }
    std::vector<std::string> outputs;
    for (const Result& result : results)
      outputs.push_back(result.name.empty() ? Graph::kNoOutput : result.name);
    Node& node = scope.graph.add_node(call.ops[0], inputs, std::move(attrs), outputs, name);
    for (size_t i = 0; i < results.size(); ++i) {
      if (results[i].name.empty()) continue;
      node.output(i)->type = results[i].type;
      bind(scope, results[i].name, results[i].at, *node.output(i));
    }
    return node;
  }

  Attribute value_of(Scope& scope, const AttributeText& attribute) {
    if (const auto* value = std::get_if<Attribute>(&attribute.value)) return *value;
    if (const auto* graph = std::get_if<GraphTextPtr>(&attribute.value)) return subgraph(scope, **graph);
    std::vector<GraphPtr> graphs;
    for (const GraphTextPtr& graph : std::get<std::vector<GraphTextPtr>>(attribute.value))
      graphs.push_back(subgraph(scope, *graph));
    return graphs;
  }

  GraphPtr subgraph(Scope& outer, const GraphText& tree) {
    auto graph = std::make_shared<Graph>(tree.name, &outer.graph);
    Scope scope{*graph, &outer};
    fill(scope, tree);
    return graph;
  }

  std::string_view text_;
  bool short_form_;
  std::unordered_set<std::string> mentioned_;
  size_t made_up_ = 0;
  Scope* root_ = nullptr;
};

}  // namespace

std::unique_ptr<Graph> parse_graph(std::string_view text) {
  const Document document = parse_document(text);
  return Builder(text, !document.has_header).main_graph(document.graph);
}

}  // namespace modelconv
