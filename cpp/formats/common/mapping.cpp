#include "formats/common/mapping.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "ir/provenance.h"
#include "ops/body_types.h"

namespace modelconv {

Value& Translation::required(size_t index) const {
  Value* value = node_.input(index);
  ENSURE(value, MalformedModelError, "{} has no input number {}", node_.describe(), index);
  return *value;
}

const Tensor& Translation::constant(size_t index, std::string_view what) const {
  const Value& value = required(index);
  if (!value.is_constant()) refuse("{} ('{}') is not a constant", what, value.name());
  return value.constant();
}

std::optional<std::vector<int64_t>> Translation::known_ints(size_t index) const {
  const Value& value = required(index);
  if (value.is_constant() && (is_integer(value.dtype()) || value.dtype() == DType::boolean))
    return value.constant().to_int64();
  if (!value.elements) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const Dim& element : *value.elements) {
    if (!element.is_known()) return std::nullopt;
    numbers.push_back(element.value());
  }
  return numbers;
}

std::vector<int64_t> Translation::constant_ints(size_t index, std::string_view what) const {
  const auto numbers = known_ints(index);
  if (!numbers) refuse("{} ('{}') is not a constant", what, required(index).name());
  return *numbers;
}

size_t Translation::rank_of(const Value& value) const {
  if (!value.shape().has_rank()) refuse("the rank of '{}' is not known", value.name());
  return value.shape().rank();
}

Node& Translation::add_node(OpName op, std::vector<Value*> inputs, Attrs attrs, size_t outputs) {
  const std::string& base = node_.name().empty() ? op.name() : node_.name();
  const std::vector<std::string> names(outputs, fmt::format("{}/{}", base, op.name()));
  Node& node = graph().add_node(op, std::move(inputs), std::move(attrs), names,
                                names.empty() ? base : names[0], &node_);
  node.origin = node_.origin.empty() ? node_.name() : node_.origin;
  added_.push_back(&node);
  infer_node(node);
  return node;
}

Value& Translation::add(OpName op, std::vector<Value*> inputs, Attrs attrs) {
  return *add_node(op, std::move(inputs), std::move(attrs), 1).output();
}

Value& Translation::constant(Tensor tensor) {
  return graph().add_constant(std::move(tensor), node_.name().empty() ? "" : node_.name() + "/const");
}

Value& Translation::ints(const std::vector<int64_t>& values) { return constant(Tensor::vector(values)); }

Value& Translation::scalar(DType dtype, double value) { return constant(Tensor::filled(dtype, {}, value)); }

Value& Translation::scalar_like(const Value& like, double value) {
  if (like.dtype() == DType::undefined) refuse("the element type of '{}' is not known", like.name());
  return scalar(like.dtype(), value);
}

Value& Translation::transpose(Value& x, const std::vector<int64_t>& perm) {
  for (size_t i = 0; i < perm.size(); ++i)
    if (perm[i] != static_cast<int64_t>(i)) return add("Transpose", {&x}, {{"perm", perm}});
  return x;
}

Value& Translation::cast(Value& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return add("Cast", {&x}, {{"to", static_cast<int64_t>(dtype)}});
}

Value& Translation::shape_of(Value& x) {
  if (x.is_constant()) return ints(x.constant().dims());
  return add("Shape", {&x});
}

void Translation::set_output(size_t index, Value& value) {
  Value* old = node_.output(index);
  if (old) outputs_.emplace_back(old, &value);
}

void translate_name(Translation& t) {
  const auto inputs = t.node().inputs();
  Node& added = t.add_node(t.target(), {inputs.begin(), inputs.end()}, {}, t.node().output_count());
  for (size_t i = 0; i < added.output_count(); ++i) t.set_output(i, *added.output(i));
}

// One run of raise_graph or lower_graph.
class Translator {
 public:
  Translator(const OpMappings& table, std::string stage, const CustomOps& custom_ops, bool every_domain)
      : stage_(std::move(stage)), custom_ops_(custom_ops), every_domain_(every_domain) {
    for (const OpMapping& row : table) {
      rows_.emplace(row.source, &row);
      domains_.insert(row.source.domain());
    }
  }

  void run(Graph& graph) {
    for (Node* node : graph.node_list()) {
      if (const auto* custom = custom_for(node->op()))
        translate(*node, "Identity", *custom);
      else if (is_of_dialect(node->op()))
        translate_by_row(*node);
      else
        run_subgraphs(*node);
    }
  }

  void throw_if_missing() const {
    std::vector<MissingOp> ops;
    for (const auto& [what, nodes] : missing_) ops.push_back({what.first, nodes, what.second});
    if (ops.empty()) return;
    const std::string example = OpName(ops[0].op).name();
    throw UnsupportedOpError(stage_, std::move(ops))
        .hint(fmt::format(
            "say what stands for them with custom_ops={{\"{}\": function}}, or cut the graph before them "
            "with outputs=",
            example));
  }

 private:
  void run_subgraphs(Node& node) {
    for (Graph* subgraph : node.subgraphs()) run(*subgraph);
  }

  bool is_of_dialect(OpName op) const {
    return domains_.contains(op.domain()) || (every_domain_ && !op.is_canonical());
  }

  const CustomOps::mapped_type* custom_for(OpName op) const {
    if (custom_ops_.empty()) return nullptr;
    auto found = custom_ops_.find(op.str());
    if (found == custom_ops_.end()) found = custom_ops_.find(op.name());
    return found == custom_ops_.end() ? nullptr : &found->second;
  }

  // Rules ask for types, and those of a loop's variables depend on what its body makes of them: the body is translated
  // with the types that the variables begin with, and again with more general ones until they stay.
  void translate_body(Node& loop) {
    constexpr size_t kFirstVariable = 2;  // behind iteration and condition
    constexpr int kPatientRounds = 4;     // then a variable whose type still changes loses its rank
    Graph* body = loop.attrs.get<GraphPtr>("body")->get();
    const std::unique_ptr<Graph> untranslated = body->clone();
    std::vector<Type> types;
    for (size_t i = kFirstVariable; i < loop.input_count(); ++i) types.push_back(loop.input(i)->type);
    ENSURE(body->inputs().size() == loop.input_count() && body->outputs().size() >= 1 + types.size(),
           InternalError, "{} and its body do not fit", loop.describe());
    for (int round = 0;; ++round) {
      for (size_t i = 0; i < types.size(); ++i) body->inputs()[kFirstVariable + i]->type = types[i];
      Translator inner(*this);
      inner.run(*body);
      bool stays = true;
      for (size_t i = 0; i < types.size() && inner.missing_ == missing_; ++i) {
        const Type& result = body->outputs()[1 + i].value->type;
        Type general = generalize(types[i], result);
        if (round >= kPatientRounds && general.is_tensor()) general.shape = Shape::unranked();
        stays = stays && general.str() == types[i].str();
        types[i] = std::move(general);
      }
      if (stays) {
        missing_ = std::move(inner.missing_);
        spoilt_ = std::move(inner.spoilt_);
        return;
      }
      loop.attrs.set("body", GraphPtr());
      GraphPtr fresh = untranslated->clone(&loop.graph());
      body = fresh.get();
      loop.attrs.set("body", std::move(fresh));
    }
  }

  void translate_by_row(Node& node) {
    const auto row = rows_.find(node.op());
    if (row == rows_.end() || !row->second->raise) return give_up(node, "");
    translate(node, row->second->canonical, row->second->raise);
  }

  template <class Rule>
  void translate(Node& node, OpName target, const Rule& rule) {
    for (const Value* input : node.inputs())
      if (input && spoilt_.contains(input)) return spoil(node);
    Translation t(node, target);
    try {
      rule(t);
      node.attrs = {};  // a subgraph belongs to its new node now
      for (Node* added : std::vector<Node*>(t.added_)) {
        if (added->subgraphs().empty()) continue;
        if (added->op() == OpName("Loop"))
          translate_body(*added);
        else
          run_subgraphs(*added);
        infer_node(*added);
      }
      finish(t);
    } catch (const Translation::Refusal& refusal) {
      give_up(node, refusal.reason);
    } catch (Error& error) {
      error.in(fmt::format("{} while {}", node.describe(), stage_));
      throw;
    }
  }

  void give_up(const Node& node, const std::string& reason) {
    missing_[{node.op().str(), reason}].push_back(node.name());
    spoil(node);
  }

  void spoil(const Node& node) {
    for (const Value* output : node.outputs())
      if (output) spoilt_.insert(output);
  }

  // The new values take the old ones' places and names; nodes that turned out to be superfluous go.
  void finish(Translation& t) {
    Graph& graph = t.graph();
    struct Name {
      Value* value;
      std::string name, source_name;
    };
    std::vector<Name> names;
    for (const auto& [old_value, new_value] : t.outputs_) {
      graph.replace_all_uses(*old_value, *new_value);
      const Node* producer = new_value->producer();
      const bool is_new = producer && std::find(t.added_.begin(), t.added_.end(), producer) != t.added_.end();
      if (is_new) names.push_back({new_value, old_value->name(), old_value->source_name});
    }
    for (const Value* output : t.node_.outputs())
      ENSURE(!output || output->is_unused(), InternalError,
             "the rule for {} does not give output {}, which is used", t.node_.describe(),
             output->output_index());
    const std::string node_name = t.node_.name();
    graph.remove(t.node_);
    for (const Name& name : names) {
      if (!name.value->source_name.empty()) continue;  // stands for two outputs: the first one's name stays
      graph.rename(*name.value, name.name);
      name.value->source_name = name.source_name.empty() ? name.name : name.source_name;
      name.value->producer()->set_name(node_name);
    }
    for (const Node* added : t.added_)
      for (Value* output : added->outputs())
        if (output && output->source_name.empty()) output->source_name = kNoSource;
  }

  std::unordered_map<OpName, const OpMapping*> rows_;
  std::set<std::string> domains_;
  const std::string stage_;
  const CustomOps& custom_ops_;
  const bool every_domain_;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>>
      missing_;  // (operator, reason) -> nodes
  std::unordered_set<const Value*> spoilt_;
};

void raise_graph(Graph& graph, const OpMappings& table, const std::string& stage, const CustomOps& custom_ops,
                 bool every_domain) {
  Translator translator(table, stage, custom_ops, every_domain);
  translator.run(graph);
  translator.throw_if_missing();
}

std::vector<OperatorCoverage> coverage_of(const OpMappings& table) {
  std::vector<OperatorCoverage> rows;
  for (const OpMapping& row : table)
    rows.push_back(
        {row.source.str(), row.canonical.str(), row.raise != nullptr, row.lower != nullptr, row.note});
  std::sort(rows.begin(), rows.end(),
            [](const OperatorCoverage& a, const OperatorCoverage& b) { return a.name < b.name; });
  return rows;
}

}  // namespace modelconv
