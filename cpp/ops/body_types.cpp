#include "ops/body_types.h"

namespace modelconv {
namespace {

// After so many rounds a value whose type still changes loses its rank; that must end, as ranks are lost only once.
constexpr int kPatientRounds = 4;

bool same(const Type& a, const Type& b) { return a.str() == b.str(); }

Type without_rank(Type type) {
  if (type.is_tensor()) type.shape = Shape::unranked();
  if ((type.is_sequence() || type.is_optional()) && type.element)
    type.element = std::make_shared<const Type>(without_rank(*type.element));
  return type;
}

Shape generalize(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return Shape::unranked();
  Shape result = a;
  for (size_t i = 0; i < a.rank(); ++i)
    if (!(a[i] == b[i])) result[i] = Dim::unknown();
  return result;
}

std::vector<Type> all_inputs(const BodyInputs& inputs, const std::vector<Type>& carried) {
  std::vector<Type> all = inputs.before;
  all.insert(all.end(), carried.begin(), carried.end());
  all.insert(all.end(), inputs.after.begin(), inputs.after.end());
  return all;
}

// Declarations inside the body that are narrower than what later iterations bring must not decide.
void declare_inputs(Graph& body, const std::vector<Type>& types) {
  for (size_t i = 0; i < types.size(); ++i)
    if (types[i].kind != Type::Kind::unknown) body.inputs()[i]->type = types[i];
}

std::vector<Type> output_types(const Graph& body) {
  std::vector<Type> types;
  for (const GraphOutput& output : body.outputs()) types.push_back(output.value->type);
  return types;
}

}  // namespace

Type generalize(const Type& a, const Type& b) {
  if (a.kind != b.kind) return {};
  Type result = a;
  if (a.dtype != b.dtype) result.dtype = DType::undefined;
  result.shape = generalize(a.shape, b.shape);
  if (a.element && b.element)
    result.element = std::make_shared<const Type>(generalize(*a.element, *b.element));
  return result;
}

std::vector<Type> infer_body(const InferContext& context, Graph& body, const BodyInputs& inputs,
                             std::vector<Type>& carried) {
  const size_t given = inputs.before.size() + carried.size() + inputs.after.size();
  if (body.inputs().size() != given)
    context.fail("the body takes {} inputs, it gets {}", body.inputs().size(), given);
  if (body.outputs().size() < inputs.first_carried_output + carried.size())
    context.fail("the body has {} outputs, too few for {} carried values", body.outputs().size(),
                 carried.size());
  for (size_t i = 0; i < carried.size(); ++i) {
    const Type& declared = body.inputs()[inputs.before.size() + i]->type;
    if (carried[i].compatible_with(declared)) carried[i] = carried[i].merged_with(declared);
  }
  for (int round = 0; !carried.empty(); ++round) {
    // Inference keeps what it once found out, so each trial has a copy of its own.
    const std::unique_ptr<Graph> trial = body.clone();
    declare_inputs(*trial, all_inputs(inputs, carried));
    infer_graph(*trial);
    const std::vector<Type> results = output_types(*trial);
    bool changed = false;
    for (size_t i = 0; i < carried.size(); ++i) {
      Type next = generalize(carried[i], results[inputs.first_carried_output + i]);
      if (same(next, carried[i])) continue;
      changed = true;
      carried[i] = round < kPatientRounds ? std::move(next) : without_rank(std::move(next));
    }
    if (!changed) break;
  }
  declare_inputs(body, all_inputs(inputs, carried));
  infer_graph(body);
  return output_types(body);
}

}  // namespace modelconv
