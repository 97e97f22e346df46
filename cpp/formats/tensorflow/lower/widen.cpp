// Element types for which TensorFlow's CPU kernels are missing: the node works on a wider type, which holds all values of
// the narrow one, and casts stand around it.
#include <algorithm>
#include <span>

#include "formats/tensorflow/encode/signature.h"
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

std::span<const DType> wider_types(DType dtype) {
  static constexpr DType kSmall[] = {DType::int32, DType::int64, DType::float32, DType::float64};
  static constexpr DType kWord[] = {DType::int64, DType::float64};
  static constexpr DType kFloat[] = {DType::float32, DType::float64};
  static constexpr DType kLong[] = {DType::int64, DType::float64};  // the bits of uint64; integers below 2^53
  static constexpr DType kBool[] = {DType::uint8, DType::int8, DType::int32};
  switch (dtype) {
    case DType::boolean: return kBool;
    case DType::int8:
    case DType::uint8:
    case DType::int16:
    case DType::uint16: return kSmall;
    case DType::int32:
    case DType::uint32: return kWord;
    case DType::int64:
    case DType::uint64: return kLong;
    case DType::float16:
    case DType::bfloat16: return kFloat;
    default: return {};
  }
}

bool allows(const AttrSpec& spec, DType dtype) {
  const auto number = number_of(dtype);
  return number &&
         (spec.types.empty() || std::find(spec.types.begin(), spec.types.end(), *number) != spec.types.end());
}

class Widener {
 public:
  explicit Widener(Graph& graph) : graph_(graph) {}

  void run() {
    for (Node* node : graph_.node_list()) {
      for (Graph* subgraph : node->subgraphs()) Widener(*subgraph).run();
      if (node->op().name() == "Cast") continue;
      for (const AttrSpec& spec : signature_of(node->op()).attrs)
        if (spec.kind == AttrKind::type && !spec.types.empty()) widen(*node, spec);
    }
  }

 private:
  void widen(Node& node, const AttrSpec& spec) {
    const TypeAttrs derived = type_attrs_of(node);
    const auto found = derived.types.find(spec.name);
    if (found == derived.types.end()) return;
    const DType narrow = dtype_from_number(found->second.at(0));
    if (allows(spec, narrow)) return;
    for (const DType wide : wider_types(narrow)) {
      if (!allows(spec, wide)) continue;
      widen(node, spec.name, narrow, wide);
      return;
    }
    throw BadArgument(fmt::format("{}: TensorFlow has no kernel for {}", node.describe(), name_of(narrow)));
  }

  void widen(Node& node, std::string_view attr, DType narrow, DType wide) {
    const Signature& signature = signature_of(node.op());
    const TypeAttrs derived = type_attrs_of(node);
    for (size_t i = 0; i < node.input_count(); ++i)
      if (argument_of_input(node, signature, i).type_attr == attr)
        graph_.set_input(node, i, &cast(*node.input(i), wide, &node));
    if (node.attrs.has(attr)) node.attrs.set(attr, Type::tensor(wide));
    Node* const next = node.next();
    for (size_t i = 0; i < node.output_count(); ++i) {
      Value* output = node.output(i);
      if (!output || derived.arguments[i]->type_attr != attr) continue;
      const std::string name = output->name();
      Value& narrowed = cast(*output, narrow, next);
      graph_.replace_all_uses(*output, narrowed);
      graph_.set_input(*narrowed.producer(), 0, output);
      narrowed.type = output->type;
      output->type.dtype = wide;
      graph_.rename(*output, name + "/wide");
      graph_.rename(narrowed, name);
      std::swap(narrowed.source_name, output->source_name);
    }
  }

  static const Argument& argument_of_input(const Node& node, const Signature& signature, size_t index) {
    size_t fixed = 0, next = 0;
    for (const Argument& argument : signature.inputs) fixed += argument.count.empty() && !argument.is_list;
    for (const Argument& argument : signature.inputs) {
      const bool several = !argument.count.empty() || argument.is_list;
      next += several ? node.input_count() - fixed : 1;
      if (index < next) return argument;
    }
    throw InternalError(fmt::format("{} has no input {}", node.describe(), index));
  }

  Value& cast(Value& x, DType to, Node* before) {
    Node& node =
        graph_.add_node("tf.Cast", {&x}, {{"DstT", Type::tensor(to)}}, {x.name() + "/Cast"}, "", before);
    Value& result = *node.output();
    result.type = x.type;
    result.type.dtype = to;
    return result;
  }

  Graph& graph_;
};

}  // namespace

void widen_types(Graph& graph) { Widener(graph).run(); }

}  // namespace modelconv::tensorflow
