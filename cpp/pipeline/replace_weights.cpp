#include "pipeline/replace_weights.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "ops/convert.h"

namespace modelconv {
namespace {

// What training loops and wrappers put in front of the names that the model has.
constexpr std::string_view kPrefixes[] = {"state_dict.", "model_state_dict.", "model_state.",
                                          "model.",      "module.",           "net.",
                                          "network.",    "params.",           "_orig_mod."};

std::string normal_name(std::string_view name) {
  if (name.ends_with(":0")) name.remove_suffix(2);
  std::string normal(name);
  std::ranges::replace(normal, '/', '.');
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view prefix : kPrefixes)
      if (normal.starts_with(prefix) && normal.size() > prefix.size()) {
        normal.erase(0, prefix.size());
        again = true;
      }
  }
  return normal;
}

struct Slot {
  Graph* graph;
  Value* value;
  bool is_needed;
};

// Exporters number the constants that they make: "380", "onnx::Add_17", "/head/Constant_output_0".
bool has_made_up_name(const std::string& name) {
  const bool is_number = std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c); });
  return is_number || name.starts_with("onnx::") || name.find("Constant") != std::string::npos;
}

// Operators that read parameters, and those that such parameters may pass before.
bool takes_parameters(const Node& node) {
  static constexpr std::string_view kOperators[] = {"Conv",
                                                    "ConvTranspose",
                                                    "Gemm",
                                                    "MatMul",
                                                    "BatchNormalization",
                                                    "InstanceNormalization",
                                                    "PRelu",
                                                    "Gather",
                                                    "Einsum",
                                                    "LSTM",
                                                    "GRU",
                                                    "LayerNormalization",
                                                    "RNN",
                                                    "Cast",
                                                    "Reshape",
                                                    "Transpose",
                                                    "GroupNormalization",
                                                    "Identity"};
  return std::ranges::find(kOperators, node.op().str()) != std::end(kOperators);
}

// Numbers that only arithmetic reads (anchors, scales) and that were never given a name are the graph's own business.
bool is_weight(const Value& constant) {
  const Tensor& tensor = constant.constant();
  if (!is_float(tensor.dtype()) || tensor.rank() == 0) return false;
  return !has_made_up_name(constant.name()) ||
         std::ranges::any_of(constant.uses(), [](const Use& use) { return takes_parameters(*use.node); });
}

void collect(Graph& graph, std::vector<Slot>& slots) {
  for (const auto& constant : graph.constants())
    if (!constant->is_unused()) slots.push_back({&graph, constant.get(), is_weight(*constant)});
  for (const auto& node : graph.nodes())
    for (Graph* subgraph : node->subgraphs()) collect(*subgraph, slots);
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr size_t kMost = 20;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMost); ++i)
    text += fmt::format("{}'{}'", i ? ", " : "", names[i]);
  if (names.size() > kMost) text += fmt::format(" and {} more", names.size() - kMost);
  return text;
}

std::string describe(const Value& value) {
  return fmt::format("{} {}", value.name(), to_string(value.constant().dims()));
}

// Names "params.0", "params.1", ... in this order: what is said of the weights is their order.
bool is_list(const std::vector<Value*>& given) {
  std::string prefix;
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string& name = given[i]->name();
    const size_t dot = name.rfind('.');
    const std::string_view number = std::string_view(name).substr(dot == std::string::npos ? 0 : dot + 1);
    size_t index = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
    if (error != std::errc() || end != number.data() + number.size() || index != i) return false;
    const std::string before = name.substr(0, name.size() - number.size());
    if (i > 0 && before != prefix) return false;
    prefix = before;
  }
  return !given.empty();
}

class Replacement {
 public:
  Replacement(Graph& graph, const Graph& weights) {
    collect(graph, slots_);
    for (const auto& constant : weights.constants()) given_.push_back(constant.get());
    for (const Slot& slot : slots_)
      if (slot.is_needed) needed_.push_back(slot.value);
  }

  ReplacedWeights run() {
    if (!match_names()) {
      if (is_list(given_) || has_same_shapes())
        match_order();
      else
        match_shapes();
    }
    refuse_misfits();
    ThreadPool threads(1);
    for (const Slot& slot : slots_) {
      const auto found = matched_.find(slot.value);
      if (found == matched_.end()) {
        result_.kept.push_back(slot.value->name());
        continue;
      }
      result_.replaced.emplace_back(slot.value->name(), found->second->name());
      slot.graph->set_constant(*slot.value, as_type(found->second->constant(), slot.value->dtype(), threads));
    }
    for (const Value* value : given_)
      if (!used_.contains(value)) result_.unused.push_back(value->name());
    return std::move(result_);
  }

 private:
  void match(Value* slot, Value* value) {
    matched_[slot] = value;
    used_.insert(value);
  }

  // Needed ones decide whether names mean anything.
  bool match_names() {
    std::unordered_map<std::string, Value*> exact, normal;
    for (Value* value : given_) {
      exact.try_emplace(value->name(), value);
      normal.try_emplace(normal_name(value->name()), value);
    }
    bool fits = false;
    for (const Slot& slot : slots_) {
      const std::string& name = slot.value->name();
      Value* found = nullptr;
      if (const auto same = exact.find(name); same != exact.end())
        found = same->second;
      else if (const auto alike = normal.find(normal_name(name)); alike != normal.end())
        found = alike->second;
      if (!found) continue;
      match(slot.value, found);
      fits = fits || slot.is_needed;
    }
    if (!fits) {
      matched_.clear();
      used_.clear();
    }
    result_.how = "name";
    return fits;
  }

  bool has_same_shapes() const {
    return given_.size() == needed_.size() &&
           std::equal(given_.begin(), given_.end(), needed_.begin(), [](const Value* a, const Value* b) {
             return a->constant().dims() == b->constant().dims();
           });
  }

  void match_order() {
    result_.how = "order";
    if (given_.size() > needed_.size())  // which of them are meant?
      throw MalformedModelError(fmt::format("the weight file is a list of {} arrays, the graph takes {}",
                                            given_.size(), needed_.size()))
          .because("arrays without names are matched by their order")
          .hint("give the arrays of this graph alone, in its order, or a file with names");
    for (size_t i = 0; i < std::min(given_.size(), needed_.size()); ++i) match(needed_[i], given_[i]);
  }

  // Within one shape, the order decides; a shape that is there more or less often than needed decides nothing.
  void match_shapes() {
    result_.how = "shape";
    std::map<Dims, std::vector<Value*>> by_shape, wanted;
    for (Value* value : given_) by_shape[value->constant().dims()].push_back(value);
    for (Value* value : needed_) wanted[value->constant().dims()].push_back(value);
    for (const auto& [dims, values] : wanted) {
      const std::vector<Value*>& candidates = by_shape[dims];
      if (candidates.size() != values.size()) continue;
      for (size_t i = 0; i < values.size(); ++i) match(values[i], candidates[i]);
    }
  }

  void refuse_misfits() const {
    std::vector<std::string> missing, unused, wrong;
    for (Value* value : needed_)
      if (!matched_.contains(value)) missing.push_back(describe(*value));
    for (const Value* value : given_)
      if (!used_.contains(value)) unused.push_back(describe(*value));
    for (const auto& [slot, value] : matched_) {
      const Tensor &old = slot->constant(), &fresh = value->constant();
      const bool fits_type =
          old.dtype() == fresh.dtype() || (is_float(old.dtype()) && is_float(fresh.dtype()));
      if (old.dims() != fresh.dims())
        wrong.push_back(fmt::format("{} is {} in the file ({})", describe(*slot), to_string(fresh.dims()),
                                    value->name()));
      else if (!fits_type)
        wrong.push_back(fmt::format("{} is {} in the graph and {} in the file", slot->name(),
                                    name_of(old.dtype()), name_of(fresh.dtype())));
    }
    std::ranges::sort(wrong);
    if (missing.empty() && wrong.empty()) return;
    std::string why = fmt::format("matched by {}: {} of {} arrays of the graph", result_.how, matched_.size(),
                                  needed_.size());
    if (!unused.empty()) why += "; the file has unused " + list_of(unused);
    if (!missing.empty()) {
      std::string text = "the weight file lacks " + list_of(missing);
      if (!wrong.empty()) text += "; of another shape or type: " + list_of(wrong);
      throw MalformedModelError(text).because(why).hint(
          "rename the arrays as in the graph (modelconv inspect --tensors), or give a list in its order");
    }
    throw ShapeError("the weight file does not fit the graph: " + list_of(wrong)).because(why);
  }

  static Tensor as_type(const Tensor& tensor, DType dtype, ThreadPool& threads) {
    if (tensor.dtype() == dtype) return tensor;
    Tensor result = Tensor::allocate(dtype, tensor.dims());
    convert_elements(tensor.aligned(), result, {}, threads);
    return result;
  }

  std::vector<Slot> slots_;
  std::vector<Value*> given_, needed_;
  std::unordered_map<Value*, Value*> matched_;
  std::set<const Value*> used_;
  ReplacedWeights result_;
};

}  // namespace

ReplacedWeights replace_weights(Graph& graph, const Graph& weights) {
  return Replacement(graph, weights).run();
}

}  // namespace modelconv
