// Variables and tables: what a handle stands for is followed from operator to operator, in the order of the file.
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "formats/tflite/control_flow.h"

namespace modelconv::tflite {
namespace {

struct Variable {
  Value* current = nullptr;
  bool changes = false;  // a run assigns to it
};

struct Table {
  Value *keys = nullptr, *values = nullptr;
};

constexpr const char* kInitialValue = "tflite.INITIAL_VALUE";  // ASSIGN_VARIABLE where CALL_ONCE calls it

bool is_op(const Node& node, std::string_view name) { return node.op().name() == name; }

[[noreturn]] void refuse(const Node& node, const std::string& reason) {
  throw UnsupportedOpError("reading TFLite", {{node.op().str(), {node.name()}, reason}});
}

std::string key_of(const Node& handle) {
  if (is_op(handle, "HASHTABLE")) return fmt::format("table {}", handle.attrs.get_or<int64_t>("table_id", 0));
  const auto container = handle.attrs.get_or<std::string>("container", "");
  return (container.empty() ? "" : container + "/") + handle.attrs.get_or<std::string>("shared_name", "");
}

class Resources {
 public:
  Resources(Graph& graph, bool as_inputs) : main_(graph), as_inputs_(as_inputs) {}

  void resolve(std::vector<std::string>& notes) {
    inline_initialisers();
    find_changes();
    run(main_);
    std::string names;
    for (const auto& [key, variable] : variables_) {
      if (!variable.changes) continue;
      names += (names.empty() ? "'" : ", '") + key + "'";
      if (as_inputs_) main_.add_output(key + "_next", *variable.current, variable.current->type);
    }
    remove_handles(main_);
    if (names.empty()) return;
    notes.push_back(
        as_inputs_
            ? fmt::format("the variables {} are inputs, their next values outputs with '_next' behind", names)
            : fmt::format("the variables {} begin anew in each run; with the option state=inputs they "
                          "are inputs and outputs",
                          names));
  }

 private:
  // CALL_ONCE runs before everything else: its subgraph takes its place.
  void inline_initialisers() {
    for (Node* node : main_.node_list()) {
      if (!is_op(*node, "CALL_ONCE")) continue;
      const auto* init = node->attrs.get<GraphPtr>("init");
      ENSURE(init && *init, MalformedModelError, "{} calls nothing", node->describe());
      for (Node* inner : (*init)->node_list())
        if (is_op(*inner, "ASSIGN_VARIABLE")) inner->set_op(kInitialValue);
      inline_graph(**init, main_, node, {});
      main_.remove(*node);
    }
  }

  void find_changes() {
    for_each_node(main_, [&](Node& node) {
      if (is_op(node, "VAR_HANDLE") || is_op(node, "HASHTABLE")) {
        ENSURE(node.output(), MalformedModelError, "{} has no output", node.describe());
        handles_[node.output()] = key_of(node);
      }
      if (is_op(node, "ASSIGN_VARIABLE")) variable_of(node).changes = true;
    });
  }

  const std::string& handle_of(const Node& node) const {
    const auto found = handles_.find(node.input(0));
    if (found == handles_.end()) refuse(node, "its variable or table is handed over from another subgraph");
    return found->second;
  }
  Variable& variable_of(const Node& node) { return variables_[handle_of(node)]; }

  Value& argument(const Node& node, size_t index) const {
    ENSURE(node.input(index), MalformedModelError, "{} has no input number {}", node.describe(), index);
    return *node.input(index);
  }

  void run(Graph& graph) {
    for (Node* node : graph.node_list()) {
      for (Graph* subgraph : node->subgraphs()) run(*subgraph);
      const std::string& op = node->op().name();
      if (op == "INITIAL_VALUE" || op == "ASSIGN_VARIABLE")
        assign(graph, *node);
      else if (op == "READ_VARIABLE")
        read(graph, *node);
      else if (op == "HASHTABLE_IMPORT")
        import(graph, *node);
      else if (op == "HASHTABLE_FIND" || op == "HASHTABLE_SIZE")
        look_up(graph, *node);
    }
  }

  void assign(Graph& graph, Node& node) {
    if (&graph != &main_) refuse(node, "it changes a variable inside of a loop or branch");
    Variable& variable = variable_of(node);
    Value& value = argument(node, 1);
    const bool is_first = is_op(node, "INITIAL_VALUE");
    variable.current =
        is_first && variable.changes && as_inputs_ ? &add_input(handle_of(node), value) : &value;
    graph.remove(node);
  }

  Value& add_input(const std::string& name, const Value& like) {
    Value& input = main_.add_input(name, like.type);
    input.metadata = like.metadata;
    return input;
  }

  void read(Graph& graph, Node& node) {
    Variable& variable = variable_of(node);
    Value* output = node.output();
    if (!variable.current && variable.changes && as_inputs_ && output)
      variable.current = &add_input(handle_of(node), *output);
    if (!variable.current) refuse(node, "nothing is assigned to the variable before it is read");
    if (output) {
      if (variable.current->type.kind == Type::Kind::unknown) variable.current->type = output->type;
      graph.replace_all_uses(*output, *variable.current);
    }
    graph.remove(node);
  }

  void import(Graph& graph, Node& node) {
    Table& table = tables_[handle_of(node)];
    table = {&argument(node, 1), &argument(node, 2)};
    if (!table.keys->is_constant() || !table.values->is_constant())
      refuse(node, "the table's contents are computed");
    graph.remove(node);
  }

  void look_up(Graph& graph, Node& node) {
    const Table& table = tables_[handle_of(node)];
    if (!table.keys) refuse(node, "nothing is put into the table before it is used");
    std::vector<Value*> inputs = {table.keys, table.values};
    inputs.insert(inputs.end(), node.inputs().begin() + 1, node.inputs().end());
    graph.set_inputs(node, inputs);
  }

  static void remove_handles(Graph& graph) {
    for (Node* node : graph.node_list()) {
      for (Graph* subgraph : node->subgraphs()) remove_handles(*subgraph);
      if ((is_op(*node, "VAR_HANDLE") || is_op(*node, "HASHTABLE")) && node->output()->is_unused())
        graph.remove(*node);
    }
  }

  Graph& main_;
  const bool as_inputs_;
  std::map<std::string, Variable> variables_;
  std::map<std::string, Table> tables_;
  std::unordered_map<const Value*, std::string> handles_;
};

}  // namespace

void resolve_resources(Graph& graph, bool as_inputs, std::vector<std::string>& notes) {
  Resources(graph, as_inputs).resolve(notes);
}

}  // namespace modelconv::tflite
