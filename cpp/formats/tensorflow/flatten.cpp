#include "formats/tensorflow/flatten.h"

#include <charconv>
#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>

#include "formats/tensorflow/call_scope.h"
#include "formats/tensorflow/output_names.h"

namespace modelconv::tensorflow {
namespace {

constexpr size_t kMostNodes =
    2'000'000;  // a few nested functions can describe more nodes than memory has room for
constexpr size_t kDeepestCall = 200;
constexpr size_t kMostHops =
    1'000'000;  // calls and arguments passed through for one tensor: more is a circle

struct Place {  // a node in a scope, or an argument of the scope
  CallScope* scope;
  size_t index;
  size_t port;
};

class Flattener {
 public:
  Flattener(const GraphDef& graph, const FlattenOptions& options) : graph_(graph), options_(options) {
    main_ = &scopes_.emplace_back();
    main_->nodes = &graph.nodes;
    if (options.function) start_in_function(*options.function);
    main_->names = &names_of(*main_->nodes, nullptr);
    main_->flat.resize(main_->nodes->size());
    for (size_t i = 0; i < options.cuts.size(); ++i) {
      const auto [node, port] = split_tensor_name(options.cuts[i]);
      find(node, "input");
      cuts_.emplace(std::pair(node, port), i);
    }
  }

  FlatGraph run() {
    for (const std::string& output : options_.outputs) {
      const auto [name, port] = split_tensor_name(output);
      Place place = find(name, "output");
      place.port = port;
      result_.outputs.push_back(resolve(place));
    }
    if (options_.function)
      for (size_t i = 0, count = place_of_argument(options_.function->outputs, {}, main_->attrs); i < count;
           ++i)
        result_.outputs.push_back(resolve(locate(*main_, return_text(*main_, i))));
    while (!pending_.empty() || !wanted_.empty()) {
      if (!wanted_.empty()) {
        const Place place = wanted_.back();
        wanted_.pop_back();
        if (!enter(*place.scope, place.index)) flat_node(*place.scope, place.index);
        continue;
      }
      const auto [scope, index, flat] = pending_.front();
      pending_.pop_front();
      connect(*scope, index, flat);
    }
    return std::move(result_);
  }

 private:
  void start_in_function(const FunctionDef& function) {
    body_ = function.nodes;
    for (const ArgDef& argument : function.inputs) body_.push_back({argument.name, "_Arg", {}, {}});
    main_->nodes = &body_;
    main_->function = &function;
    main_->attrs = options_.function_attrs;
    main_->prefix = options_.prefix;
  }

  const BodyNames& names_of(const std::vector<NodeDef>& nodes, const FunctionDef* function) {
    std::unique_ptr<BodyNames>& names = names_[&nodes];
    if (!names) names = std::make_unique<BodyNames>(collect_names(nodes, function));
    return *names;
  }

  // The function that a node calls; null when it calls none.
  const FunctionDef* called_function(const CallScope& scope, const NodeDef& node, EncodedAttrs& attrs) const {
    std::string_view name = node.op;
    attrs = node.attrs;
    if (is_call(node.op)) {
      const Bytes* function = node.attr("f");
      ENSURE(function, MalformedModelError, "node '{}' ({}) does not say which function it calls", node.name,
             node.op);
      FunctionCall call = decode_function_call(substitute_placeholder(scope, *function));
      name = call.name;
      attrs = std::move(call.attrs);
      ENSURE(graph_.functions.contains(name), MalformedModelError,
             "node '{}' calls the function '{}', which is not there", node.name, name);
    }
    const auto found = graph_.functions.find(name);
    if (found == graph_.functions.end()) return nullptr;
    attrs = substitute_placeholders(scope, std::move(attrs));
    return &found->second;
  }

  // The scope of the call at node `index`; null when that node is no call.
  CallScope* enter(CallScope& scope, size_t index) {
    if (const auto found = scope.children.find(index); found != scope.children.end()) return found->second;
    const NodeDef& node = (*scope.nodes)[index];
    EncodedAttrs attrs;
    const FunctionDef* function = called_function(scope, node, attrs);
    CallScope*& child = scope.children[index];
    if (!function) return child = nullptr;
    for (const CallScope* outer = &scope; outer && outer->function; outer = outer->caller)
      if (outer->function == function || outer->depth > kDeepestCall)
        throw UnsupportedOpError("reading TensorFlow functions",
                                 {{"tf." + std::string(node.op),
                                   {scope.prefix + std::string(node.name)},
                                   fmt::format("the function '{}' calls itself", function->name)}});
    child = &scopes_.emplace_back();
    child->nodes = &function->nodes;
    child->function = function;
    child->names = &names_of(function->nodes, function);
    child->caller = &scope;
    child->call = &node;
    child->attrs = std::move(attrs);
    child->prefix = scope.prefix + std::string(node.name) + "/";
    child->depth = scope.depth + 1;
    child->number = scopes_.size();
    child->file_index = scope.function ? scope.file_index : index;
    child->flat.resize(function->nodes.size());
    count(function->nodes.size() + 1);
    if (options_.with_control)
      for (size_t i = 0; i < function->nodes.size(); ++i) wanted_.push_back({child, i, 0});
    return child;
  }

  void count(size_t nodes) {
    counted_ += nodes;
    ENSURE(counted_ <= kMostNodes + graph_.nodes.size(), MalformedModelError,
           "the functions of this graph call each other so often that there are more than {} nodes",
           kMostNodes);
  }

  // Where "node" or "call/node" is; the name need not be unique by its parts.
  Place find(const std::string& name, const char* what) {
    if (const auto place = find_in(*main_, name)) return *place;
    std::vector<std::string> candidates;
    for (const NodeDef& node : graph_.nodes) candidates.emplace_back(node.name);
    BadArgument error(fmt::format("the graph has no node '{}', which is asked for as an {}", name, what));
    std::string hint;
    for (const std::string& candidate : nearest_names(name, candidates))
      hint += (hint.empty() ? "" : ", ") + candidate;
    if (!hint.empty()) error.hint("did you mean " + hint + "?");
    throw error;
  }

  std::optional<Place> find_in(CallScope& scope, std::string_view name) {
    if (const auto found = scope.names->nodes.find(name); found != scope.names->nodes.end())
      return Place{&scope, found->second, 0};
    for (size_t slash = name.rfind('/'); slash != std::string_view::npos && slash > 0;
         slash = name.rfind('/', slash - 1)) {
      const auto found = scope.names->nodes.find(name.substr(0, slash));
      if (found == scope.names->nodes.end()) continue;
      CallScope* child = enter(scope, found->second);
      if (child)
        if (const auto place = find_in(*child, name.substr(slash + 1))) return place;
    }
    return std::nullopt;
  }

  // What a reference in `scope` means: a node of the scope, or (from an argument) of one of its callers.
  Place locate(CallScope& scope, std::string_view text) {
    CallScope* at = &scope;
    for (size_t hops = 0; hops < kMostHops; ++hops) {
      const RefText ref = parse_ref(text);
      if (const auto argument = at->names->arguments.find(ref.node); argument != at->names->arguments.end()) {
        text = argument_text(*at, argument->second, ref.index);
        at = at->caller;
        continue;
      }
      const auto found = at->names->nodes.find(ref.node);
      ENSURE(found != at->names->nodes.end(), MalformedModelError, "the input '{}{}' does not exist",
             at->prefix, text);
      return {at, found->second, port_of(*at, (*at->nodes)[found->second], ref)};
    }
    throw MalformedModelError(
        fmt::format("the arguments of the call '{}' go round in a circle", scope.prefix));
  }

  // Number of the tensor among all outputs of the node.
  size_t port_of(const CallScope& scope, const NodeDef& node, const RefText& ref) const {
    if (!scope.function || ref.output.empty()) return ref.index;
    if (const auto found = graph_.functions.find(node.op); found != graph_.functions.end())
      return place_of_argument(found->second.outputs, ref.output, node.attrs) + ref.index;
    return offset_of_output(node.op, ref.output, substitute_placeholders(scope, node.attrs)) + ref.index;
  }

  // The flat node that a place means: goes into calls and stops at cuts.
  TensorRef resolve(const Place& place) {
    std::vector<Place> calls;
    const TensorRef result = follow(place, calls);
    for (const Place& call : calls) resolved_.emplace(std::tuple(call.scope, call.index, call.port), result);
    return result;
  }

  // `calls` gets the calls on the way, so that a row of them is not gone through again from each of its members.
  TensorRef follow(Place place, std::vector<Place>& calls) {
    for (size_t hops = 0; hops < kMostHops; ++hops) {
      const auto known = resolved_.find(std::tuple(place.scope, place.index, place.port));
      if (known != resolved_.end()) return known->second;
      const NodeDef& node = (*place.scope->nodes)[place.index];
      const std::string name = place.scope->prefix + std::string(node.name);
      if (const auto cut = cuts_.find({name, place.port}); cut != cuts_.end())
        return cut_node(*place.scope, place.index, place.port, cut->second);
      CallScope* child = enter(*place.scope, place.index);
      if (!child) return {flat_node(*place.scope, place.index), place.port};
      calls.push_back(place);
      place = locate(*child, return_text(*child, place.port));
    }
    throw MalformedModelError("function calls go round in a circle");
  }

  size_t flat_node(CallScope& scope, size_t index) {
    size_t& known = scope.flat[index];
    if (known == 0) {
      const size_t flat = add_flat(scope, index);
      known = flat + 1;
      pending_.push_back({&scope, index, flat});
    }
    return known - 1;
  }

  size_t add_flat(const CallScope& scope, size_t index) {
    const NodeDef& node = (*scope.nodes)[index];
    FlatNode& flat = result_.nodes.emplace_back();
    flat.name = scope.prefix + std::string(node.name);
    flat.op = node.op;
    flat.attrs = substitute_placeholders(scope, node.attrs);
    flat.file_index = scope.function ? scope.file_index : index;
    if (flat.op == "_Arg" && options_.function)
      flat.file_index = place_of_argument(options_.function->inputs, node.name, main_->attrs);
    flat.call = scope.number;
    return result_.nodes.size() - 1;
  }

  TensorRef cut_node(const CallScope& scope, size_t index, size_t port, size_t cut) {
    const auto [known, is_new] = cut_nodes_.emplace(cut, result_.nodes.size());
    if (is_new) {
      FlatNode& flat = result_.nodes[add_flat(scope, index)];
      flat.cut = cut;
      flat.cut_port = port;
    }
    return {known->second, 0};
  }

  void connect(CallScope& scope, size_t index, size_t flat) {
    const NodeDef& node = (*scope.nodes)[index];
    std::vector<TensorRef> inputs;
    for (const std::string_view text : node.inputs) {
      ENSURE(!text.empty(), MalformedModelError, "an input of the node '{}' has no name", node.name);
      if (text[0] == '^') {
        if (options_.with_control) wanted_.push_back(locate(scope, text.substr(1)));
        if (node.op == "Const") add_control(scope, text.substr(1), flat);
        continue;
      }
      inputs.push_back(resolve(locate(scope, text)));
    }
    result_.nodes[flat].inputs = std::move(inputs);
  }

  // Only where the source is the identity of a Switch, as TensorFlow 1 writes it for what stands in a branch or a loop:
  // constants depend on much else.
  void add_control(CallScope& scope, std::string_view text, size_t constant) {
    const auto node_of = [&](std::string_view name) -> const NodeDef* {
      const auto found = scope.names->nodes.find(parse_ref(name).node);
      return found == scope.names->nodes.end() ? nullptr : &(*scope.nodes)[found->second];
    };
    const NodeDef* pivot = node_of(text);
    if (!pivot || pivot->op != "Identity" || pivot->inputs.empty()) return;
    const NodeDef* source = node_of(pivot->inputs[0]);
    if (!source || (source->op != "Switch" && source->op != "RefSwitch")) return;
    const TensorRef ref = {flat_node(scope, scope.names->nodes.at(parse_ref(text).node)), 0};
    result_.nodes[constant].controls.push_back(ref);
  }

  struct Pending {
    CallScope* scope;
    size_t index, flat;
  };

  const GraphDef& graph_;
  const FlattenOptions& options_;
  std::vector<NodeDef> body_;     // of options_.function, with its arguments
  std::deque<CallScope> scopes_;  // addresses stay
  CallScope* main_;
  std::unordered_map<const void*, std::unique_ptr<BodyNames>> names_;
  std::map<std::pair<std::string, size_t>, size_t> cuts_;  // tensor -> place in options.cuts
  std::map<size_t, size_t> cut_nodes_;                     // place in options.cuts -> flat node
  std::map<std::tuple<CallScope*, size_t, size_t>, TensorRef> resolved_;  // calls' outputs
  std::deque<Pending> pending_;
  std::vector<Place> wanted_;  // for their effects, with_control only
  FlatGraph result_;
  size_t counted_ = 0;
};

}  // namespace

bool is_call(std::string_view op) {
  return op == "PartitionedCall" || op == "StatefulPartitionedCall" || op == "StatelessCall" ||
         op == "StatefulCall" || op == "TPUPartitionedCall";
}

std::pair<std::string, size_t> split_tensor_name(const std::string& name) {
  const size_t colon = name.rfind(':');
  if (colon == std::string::npos) return {name, 0};
  size_t port = 0;
  const auto [end, error] = std::from_chars(name.data() + colon + 1, name.data() + name.size(), port);
  if (error != std::errc() || end != name.data() + name.size()) return {name, 0};
  return {name.substr(0, colon), port};
}

FlatGraph flatten(const GraphDef& graph, const FlattenOptions& options) {
  return Flattener(graph, options).run();
}

}  // namespace modelconv::tensorflow
