#include "rewrite/pattern.h"

#include <algorithm>

#include "base/error.h"
#include "ir/text_syntax.h"
#include "ops/op_def.h"

namespace modelconv {

Value* Match::operator[](std::string_view name) const {
  const auto found = values_.find(name);
  ENSURE(found != values_.end(), InternalError, "the pattern binds no '{}'", name);
  return found->second;
}

Node& Match::node(std::string_view name) const {
  const Value* value = (*this)[name];
  ENSURE(value && value->producer(), InternalError, "'{}' is not the result of a node", name);
  return *value->producer();
}

struct Pattern::Impl {
  std::vector<syntax::Statement> statements;
  std::string result;
  const syntax::Call* root = nullptr;

  bool match_call(const syntax::Call& call, const Node& node, Match& match) const;
  bool match_operands(const syntax::Call& call, const std::vector<Value*>& inputs, const Node& node,
                      Match& match) const;
  bool match_operand(const syntax::Operand& operand, Value* value, const Node& user, Match& match) const;
  static bool bind(Match& match, const std::string& name, Value* value);
};

Pattern::Pattern(std::string_view text) : impl_(std::make_unique<Impl>()) {
  impl_->statements = syntax::parse_statements(text);
  const auto is_call = [](const syntax::Statement& statement) {
    return statement.value && statement.value->kind == syntax::Operand::Kind::call;
  };
  ENSURE(impl_->statements.size() == 1 && is_call(impl_->statements[0]), BadArgument,
         "a pattern is one call, '{}' is not", text);
  const syntax::Statement& statement = impl_->statements[0];
  impl_->root = statement.value->call.get();
  if (!statement.results.empty()) impl_->result = statement.results[0].name;
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

const std::vector<OpName>& Pattern::root_ops() const { return impl_->root->ops; }

bool Pattern::match(Node& root, Match& match) const {
  if (!impl_->match_call(*impl_->root, root, match)) return false;
  if (!impl_->result.empty()) match.values_[impl_->result] = root.output();
  return true;
}

bool Pattern::Impl::bind(Match& match, const std::string& name, Value* value) {
  if (name.empty()) return true;
  const auto [place, is_new] = match.values_.try_emplace(name, value);
  return is_new || place->second == value;
}

namespace {

bool has_attributes(const syntax::Call& call, const Node& node) {
  for (const syntax::AttributeText& wanted : call.attributes) {
    const Attribute* found = node.attrs.find(wanted.name);
    const Attribute* literal = std::get_if<Attribute>(&wanted.value);
    ENSURE(literal, InternalError, "a pattern cannot ask for subgraph attribute '{}'", wanted.name);
    if (!found || found->index() != literal->index()) return false;
    if (const auto* i = std::get_if<int64_t>(literal); i && *i != std::get<int64_t>(*found)) return false;
    if (const auto* f = std::get_if<float>(literal); f && *f != std::get<float>(*found)) return false;
    if (const auto* s = std::get_if<std::string>(literal); s && *s != std::get<std::string>(*found))
      return false;
    if (const auto* is = std::get_if<std::vector<int64_t>>(literal);
        is && *is != std::get<std::vector<int64_t>>(*found))
      return false;
  }
  return true;
}

bool is_commutative(const Node& node) {
  const OpDef* op = find_op(node.op());
  return op && op->is_commutative();
}

// A constant all of whose elements are that number. Written for scalars and small vectors: weights are not read.
bool holds_number(const Value* value, const Tensor& number) {
  constexpr int64_t kMostElements = 4096;
  if (!value || !value->is_constant()) return false;
  const Tensor& tensor = value->constant();
  const DType dtype = tensor.dtype();
  if (!(is_float(dtype) || is_integer(dtype) || dtype == DType::boolean)) return false;
  if (tensor.size() == 0 || tensor.size() > kMostElements) return false;
  const double wanted = number.to_double().at(0);
  const std::vector<double> elements = tensor.to_double();
  // A float16 or float32 constant is as near to the number as its dtype comes.
  const double nearest = Tensor::filled(dtype, {}, wanted).to_double().at(0);
  return std::all_of(elements.begin(), elements.end(), [&](double x) { return x == nearest; });
}

}  // namespace

bool Pattern::Impl::match_call(const syntax::Call& call, const Node& node, Match& match) const {
  if (std::find(call.ops.begin(), call.ops.end(), node.op()) == call.ops.end()) return false;
  if (!has_attributes(call, node)) return false;
  const std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  const Match before = match;
  if (match_operands(call, inputs, node, match)) return true;
  match = before;
  if (inputs.size() < 2 || !is_commutative(node)) return false;
  std::vector<Value*> swapped = inputs;
  std::swap(swapped[0], swapped[1]);
  if (match_operands(call, swapped, node, match)) return true;
  match = before;
  return false;
}

bool Pattern::Impl::match_operands(const syntax::Call& call, const std::vector<Value*>& inputs,
                                   const Node& node, Match& match) const {
  using Kind = syntax::Operand::Kind;
  size_t next = 0;
  for (const syntax::Operand& operand : call.operands) {
    if (operand.kind == Kind::rest) {
      match.rest_.assign(inputs.begin() + static_cast<std::ptrdiff_t>(std::min(next, inputs.size())),
                         inputs.end());
      return true;
    }
    Value* value = next < inputs.size() ? inputs[next] : nullptr;
    ++next;
    if (!match_operand(operand, value, node, match)) return false;
  }
  for (; next < inputs.size(); ++next)
    if (inputs[next]) return false;  // an input that the pattern does not know of
  return true;
}

bool Pattern::Impl::match_operand(const syntax::Operand& operand, Value* value, const Node& user,
                                  Match& match) const {
  using Kind = syntax::Operand::Kind;
  switch (operand.kind) {
    case Kind::missing: return value == nullptr;
    case Kind::value: return (value || operand.optional) && bind(match, operand.name, value);
    case Kind::literal: return holds_number(value, operand.literal);
    case Kind::call: {
      const Node* producer = value ? value->producer() : nullptr;
      // What an enclosing graph computes is shared by all runs of this one: it is left alone.
      if (!producer || &producer->graph() != &user.graph() || value->output_index() != 0) return false;
      return bind(match, operand.name, value) && match_call(*operand.call, *producer, match);
    }
    case Kind::rest: break;  // the caller takes it
  }
  throw InternalError("'*' stands only at the end of a pattern's operands");
}

}  // namespace modelconv
