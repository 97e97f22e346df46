#include "formats/common/mapping.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "formats/common/coverage.h"
#include "formats/common/raise_scope.h"
#include "formats/common/raised_part.h"
#include "ir/provenance.h"
#include "ops/body_types.h"

namespace modelconv {

// One run of raise_graph or lower_graph: what the two have in common.
class Translator {
 public:
  explicit Translator(std::string stage) : stage_(std::move(stage)) {}

  void throw_if_missing() const {
    std::vector<MissingOp> ops;
    for (const auto& [what, nodes] : missing_) ops.push_back({what.first, nodes, what.second});
    if (ops.empty()) return;
    const std::string example = OpName(ops[0].op).name();
    throw UnsupportedOpError(stage_, std::move(ops))
        .hint(fmt::format("say what stands for them with custom_ops={{\"{}\": function}}, or cut the graph: "
                          "before them with "
                          "outputs=, behind them with inputs= (plan=True, or --plan, says where)",
                          example));
  }

 protected:
  // True when the node has been replaced. `before_finish` gets the new nodes while the old one is still there.
  template <class Rule, class BeforeFinish>
  bool translate(Translation& t, const Rule& rule, const BeforeFinish& before_finish) {
    Node& node = t.node_;
    for (const Value* input : node.inputs())
      if (input && spoilt_.contains(input)) return spoil_by(*input, node);
    try {
      rule(t);
      refuse_missing_outputs(t);
      node.attrs = {};  // a subgraph belongs to its new node now
      before_finish(std::vector<Node*>(t.added_));
      finish(t);
      return true;
    } catch (const Translation::Refusal& refusal) {
      return give_up(node, refusal.reason);
    } catch (Error& error) {
      error.in(fmt::format("{} while {}", node.describe(), stage_));
      throw;
    }
  }

  static const std::vector<std::pair<Value*, Value*>>& outputs(const Translation& t) { return t.outputs_; }

  bool give_up(const Node& node, const std::string& reason) {
    missing_[{node.op().str(), reason}].push_back(node.name());
    for (const Value* output : node.outputs())
      if (output) refused_.insert(output);
    return spoil(node);
  }

  bool spoil(const Node& node) {
    for (const Value* output : node.outputs())
      if (output) spoilt_.insert(output);
    return false;
  }

  // `node` cannot be translated because it needs `input`.
  bool spoil_by(const Value& input, const Node& node) {
    if (const auto late = postponed_.find(&input); late != postponed_.end()) {
      for (const auto& [what, nodes] : late->second) missing_[what] = nodes;
      postponed_.erase(late);
    }
    return spoil(node);
  }

  using Missing =
      std::map<std::pair<std::string, std::string>, std::vector<std::string>>;  // (operator, reason) -> nodes
  Missing missing_;
  std::unordered_map<const Value*, Missing> postponed_;  // what becomes missing when the value is used
  SpoiltValues spoilt_;
  SpoiltValues refused_;  // those of them that belong to nodes which are refused for their own sake

 private:
  // Files may use outputs that an operator does not have, or that its rule leaves out.
  static void refuse_missing_outputs(const Translation& t) {
    for (const Value* output : t.node_.outputs()) {
      if (!output || output->is_unused()) continue;
      const auto replaces = [&](const auto& pair) { return pair.first == output; };
      if (std::none_of(t.outputs_.begin(), t.outputs_.end(), replaces))
        t.refuse("its output {} is used, and no rule gives it", output->output_index());
    }
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
  const std::string stage_;
};

class Raiser : public Translator {
 public:
  Raiser(const OpMappings& table, const std::string& stage, const CustomOps& custom_ops, bool every_domain)
      : Translator(stage), custom_ops_(custom_ops), every_domain_(every_domain) {
    for (const OpMapping& row : table) {
      rows_.emplace(row.source, &row);
      domains_.insert(row.source.domain());
    }
  }

  void run(Graph& graph) {
    for (Node* node : graph.node_list()) run(*node);
  }

  // What raise_graph() does: with a survey where one is wanted, and an error for what was refused.
  void raise_all(Graph& graph) {
    RaiseSurvey* survey = RaiseScope::survey();
    if (survey && survey->ops.empty())
      for_each_node(graph, [&](const Node& node) { ++survey->ops[node.op().str()]; });
    run(graph);
    if (const auto* given = RaiseScope::given(); given && !missing_.empty() && begin_at(graph, *given)) {
      missing_.clear();
      spoilt_.clear();
      refused_.clear();
      run(graph);
    }
    if (missing_.empty()) return;
    if (const auto* wanted = RaiseScope::wanted(); wanted && reduce_to(graph, *wanted, spoilt_)) return;
    if (survey) {
      survey->cuts = cuts_before(graph, spoilt_);
      survey->begins = cuts_behind(graph, refused_);
    }
    throw_if_missing();
  }

  // Raises a node whose outputs are all wanted, as far as one can know. Where that is refused, each output is tried alone:
  // those that cannot be given are refused when something uses them. Returns what stands for the outputs.
  std::vector<Value*> raise_growing(Node& node) {
    const Missing before = missing_;
    std::vector<Value*> values = raise_wanted(node, outputs_of(node));
    if (values.size() < 2 || missing_ == before || !node.subgraphs().empty()) return values;
    bool any = false;
    std::vector<Missing> refusals(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      const Missing so_far = std::exchange(missing_, {});
      Node& copy = copy_of(node);
      Value& alone = *raise_wanted(copy, {copy.output(i)})[0];
      refusals[i] = std::exchange(missing_, so_far);
      if (!refusals[i].empty()) continue;
      values[i] = &alone;
      any = true;
    }
    if (!any) return values;
    missing_ = before;
    for (size_t i = 0; i < values.size(); ++i)
      if (!refusals[i].empty()) postponed_[values[i]] = refusals[i];
    return values;
  }

  void run(Node& node) {
    if (const auto* custom = custom_for(node.op()))
      raise(node, "Identity", *custom);
    else if (is_of_dialect(node.op()))
      translate_by_row(node);
    else
      run_subgraphs(node);
  }

 private:
  // Slots of the graph make the outputs wanted, and follow the values that replace them.
  std::vector<Value*> raise_wanted(Node& node, const std::vector<Value*>& wanted) {
    Graph& graph = node.graph();
    const size_t first = graph.outputs().size();
    for (Value* output : wanted) graph.add_output(output->name(), *output);
    run(node);
    std::vector<Value*> values;
    for (size_t i = 0; i < wanted.size(); ++i) values.push_back(graph.outputs()[first + i].value);
    for (size_t i = wanted.size(); i-- > 0;) graph.remove_output(first + i);
    return values;
  }

  static std::vector<Value*> outputs_of(const Node& node) {
    return {node.outputs().begin(), node.outputs().end()};
  }

  static Node& copy_of(const Node& node) {
    std::vector<std::string> names;
    for (const Value* output : node.outputs()) names.push_back(output->name());
    return node.graph().add_node(node.op(), {node.inputs().begin(), node.inputs().end()}, node.attrs, names,
                                 node.name());
  }

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
      Raiser inner(*this);
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
    if (row == rows_.end() || !row->second->raise) {
      const bool is_known = row != rows_.end() && !row->second->lower;  // the row only says why not
      give_up(node, is_known ? row->second->note : "");
      return;
    }
    raise(node, row->second->canonical, row->second->raise);
  }

  template <class Rule>
  void raise(Node& node, OpName target, const Rule& rule) {
    Translation t(node, target);
    translate(t, rule, [&](const std::vector<Node*>& added) {
      for (Node* fresh : added) {
        if (fresh->subgraphs().empty()) continue;
        if (fresh->op() == OpName("Loop"))
          translate_body(*fresh);
        else
          run_subgraphs(*fresh);
        infer_node(*fresh);
      }
    });
  }

  std::unordered_map<OpName, const OpMapping*> rows_;
  std::set<std::string> domains_;
  const CustomOps& custom_ops_;
  const bool every_domain_;
};

class Lowerer : public Translator {
 public:
  Lowerer(const OpMappings& table, std::string domain, const std::string& stage, void (*infer)(Node&))
      : Translator(stage), domain_(std::move(domain)), infer_(infer) {
    for (const OpMapping& row : table)
      if (row.lower)
        ENSURE(rows_.emplace(row.canonical, &row).second, InternalError, "two rows lower {}",
               row.canonical.str());
  }

  void run(Graph& graph) {
    for (Node* node : graph.node_list()) lower(*node, 0);
  }

 private:
  void lower(Node& node, int depth) {
    constexpr int kDeepest =
        16;  // rules that put in what other rules lower; they must not go round in circles
    ENSURE(depth < kDeepest, InternalError, "lowering {} does not come to an end", node.describe());
    if (node.op().domain() == domain_) {
      for (Graph* subgraph : node.subgraphs()) run(*subgraph);
      return;
    }
    const auto row = rows_.find(node.op());
    if (row == rows_.end()) {
      give_up(node, "");
      return;
    }
    Translation t(node, row->second->source, infer_);
    std::vector<Node*> fresh;
    const bool done = translate(t, row->second->lower, [&](const std::vector<Node*>& added) {
      fresh = added;
      keep_types(t);
    });
    if (!done) return;
    for (Node* added : fresh) lower(*added, depth + 1);
  }

  // What was known of the old values holds for the new ones.
  static void keep_types(const Translation& t) {
    for (const auto& [old_value, new_value] : outputs(t)) {
      if (!new_value->producer()) continue;
      if (old_value->type.compatible_with(new_value->type))
        new_value->type = new_value->type.merged_with(old_value->type);
      if (!new_value->elements) new_value->elements = old_value->elements;
    }
  }

  std::unordered_map<OpName, const OpMapping*> rows_;
  const std::string domain_;
  void (*const infer_)(Node&);
};

void raise_graph(Graph& graph, const OpMappings& table, const std::string& stage, const CustomOps& custom_ops,
                 bool every_domain) {
  Raiser raiser(table, stage, custom_ops, every_domain);
  raiser.raise_all(graph);
}

GraphRaiser::GraphRaiser(const OpMappings& table, const std::string& stage, CustomOps custom_ops,
                         bool every_domain)
    : custom_ops_(std::move(custom_ops)),
      raiser_(std::make_unique<Raiser>(table, stage, custom_ops_, every_domain)) {}

GraphRaiser::~GraphRaiser() = default;

std::vector<Value*> GraphRaiser::raise(Node& node) {
  if (RaiseSurvey* survey = RaiseScope::survey()) ++survey->ops[node.op().str()];
  return raiser_->raise_growing(node);
}

void GraphRaiser::throw_if_missing() const { raiser_->throw_if_missing(); }

void lower_graph(Graph& graph, const OpMappings& table, const std::string& domain, const std::string& stage,
                 void (*infer)(Node&)) {
  Lowerer lowerer(table, domain, stage, infer);
  lowerer.run(graph);
  lowerer.throw_if_missing();
}

std::vector<OperatorCoverage> coverage_of(const OpMappings& table) {
  std::vector<OperatorCoverage> rows;
  for (const OpMapping& row : table)
    rows.push_back(
        {row.source.str(), row.canonical.str(), row.raise != nullptr, row.lower != nullptr, row.note});
  sort_rows(rows);
  return rows;
}

}  // namespace modelconv
