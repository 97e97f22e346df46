// Random numbers. ONNX's generators are not PyTorch's: the distribution is the same, the numbers are not.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

// Between 0 and 1, or normal with mean 0 and deviation 1.
Term random(OpName op, const Term& shape, DType dtype) {
  return compute(op, {filled(shape, dtype, 0)}, {{"dtype", static_cast<int64_t>(dtype)}});
}

Term uniform(const Term& shape, DType dtype) { return random("RandomUniformLike", shape, dtype); }
Term normal(const Term& shape, DType dtype) { return random("RandomNormalLike", shape, dtype); }

// From low to one below high. A float close to 1 may round to the limit: it is kept below.
Term whole(const Term& shape, const Term& low, const Term& high, DType dtype) {
  const Term drawn =
      low + cast(compute("Floor", {uniform(shape, DType::float64) * cast(high - low, DType::float64)}),
                 DType::int64);
  return cast(minimum(drawn, high - 1.0), dtype);
}

void raise_random(Translation& t) {
  const Call call(t, "size:ints, names:any=None, dtype:dtype=None");
  give(random(t.target(), sizes(call, "size"), call.dtype("dtype").value_or(DType::float32)));
}

void raise_random_like(Translation& t) {
  const Call call(t, "self, dtype:dtype=None");
  const Term x = tensor(call, "self");
  give(random(t.target(), shape_of(x), call.dtype("dtype").value_or(x.dtype())));
}

void raise_randint(Translation& t) {
  const Call call(
      t, {"low:int, high:int, size:ints, dtype:dtype=None", "high:int, size:ints, dtype:dtype=None"});
  const Term low = call.form() == 0 ? index(call, "low") : numbers(t, {0});
  give(whole(sizes(call, "size"), squeeze(low, {0}), squeeze(index(call, "high"), {0}),
             call.dtype("dtype").value_or(DType::int64)));
}

void raise_randint_like(Translation& t) {
  const Call call(t, {"self, low:int, high:int, dtype:dtype=None", "self, high:int, dtype:dtype=None"});
  const Term x = tensor(call, "self");
  const Term low = call.form() == 0 ? index(call, "low") : numbers(t, {0});
  give(whole(shape_of(x), squeeze(low, {0}), squeeze(index(call, "high"), {0}),
             call.dtype("dtype").value_or(x.dtype())));
}

void raise_randperm(Translation& t) {
  const Call call(t, "n:int, dtype:dtype=None");
  const Term count = index(call, "n"), keys = uniform(count, DType::float32);
  Node& order = t.add_node("TopK", {&keys.value(), &count.value()}, {{"axis", int64_t{0}}}, 2);
  give(cast({t, *order.output(1)}, call.dtype("dtype").value_or(DType::int64)));
}

// The tensor holds the probabilities, unless one is given for all.
void raise_bernoulli(Translation& t) {
  const Call call(t, {"self, p:operand", "self"});
  const Term x = tensor(call, "self");
  const DType dtype = is_float(x.dtype()) ? x.dtype() : DType::float32;
  const Term probability = call.form() == 0 ? operand(call, "p", dtype) : x;
  give(cast(uniform(shape_of(x), dtype) < probability, x.dtype()));
}

void raise_uniform(Translation& t) {
  const Call call(t, "self, from:number=0.0, to:number=1.0");
  const Term x = tensor(call, "self");
  give(uniform(shape_of(x), x.dtype()) * (call.number("to") - call.number("from")) + call.number("from"));
}

void raise_normal(Translation& t) {
  const Call call(
      t, {"mean, std:operand=1", "mean:number, std", "mean:number, std:number, size:ints, dtype:dtype=None"});
  if (call.form() == 2) {
    const DType dtype = call.dtype("dtype").value_or(DType::float32);
    return give(normal(sizes(call, "size"), dtype) * operand(call, "std", dtype) +
                operand(call, "mean", dtype));
  }
  const DType dtype = call.form() == 0 ? call.tensor("mean").dtype() : call.tensor("std").dtype();
  const Term mean = operand(call, "mean", dtype), deviation = operand(call, "std", dtype);
  give(normal(shape_of(mean + deviation), dtype) * deviation + mean);
}

void raise_normal_functional(Translation& t) {
  const Call call(t, "self, mean:number=0.0, std:number=1.0");
  const Term x = tensor(call, "self");
  give(normal(shape_of(x), x.dtype()) * operand(call, "std", x.dtype()) + operand(call, "mean", x.dtype()));
}

// By the inverse of the distribution.
void raise_exponential(Translation& t) {
  const Call call(t, "self, lambd:number=1.0");
  const Term x = tensor(call, "self");
  give(-compute("Log", {1.0 - uniform(shape_of(x), x.dtype())}) / call.number("lambd"));
}

// ONNX wants logarithms, with an axis for the batch, and draws with replacement. Without, the largest of the logarithms, each
// moved by a number of Gumbel's distribution, are as if drawn one after the other.
void raise_multinomial(Translation& t) {
  const Call call(t, "self, num_samples:int, replacement:bool=false");
  const Term x = tensor(call, "self");
  const int64_t count = call.integer("num_samples");
  const Term logarithms = compute("Log", {x.rank() == 1 ? unsqueeze(x, {0}) : x});
  if (count > 1 && !call.flag("replacement")) {
    const auto log = [](const Term& y) { return compute("Log", {y}); };
    const Term keys = logarithms - log(-log(1.0 - uniform(shape_of(logarithms), x.dtype())));
    Node& top = t.add_node("TopK", {&keys.value(), &t.ints({count})}, {{"axis", int64_t{-1}}}, 2);
    const Term drawn(t, *top.output(1));
    return give(x.rank() == 1 ? squeeze(drawn, {0}) : drawn);
  }
  const Term drawn = compute("Multinomial", {logarithms},
                             {{"sample_size", count}, {"dtype", static_cast<int64_t>(DType::int64)}});
  give(x.rank() == 1 ? squeeze(drawn, {0}) : drawn);
}

}  // namespace

OpMappings random_ops() {
  const std::string note = "the same distribution, other numbers";
  return {
      {"aten.bernoulli", "RandomUniformLike", raise_bernoulli, nullptr, note},
      {"aten.exponential", "RandomUniformLike", raise_exponential, nullptr, note},
      {"aten.multinomial", "Multinomial", raise_multinomial, nullptr, note},
      {"aten.normal", "RandomNormalLike", raise_normal, nullptr, note},
      {"aten.normal_functional", "RandomNormalLike", raise_normal_functional, nullptr, note},
      {"aten.rand", "RandomUniformLike", raise_random, nullptr, note},
      {"aten.rand_like", "RandomUniformLike", raise_random_like, nullptr, note},
      {"aten.randint", "RandomUniformLike", raise_randint, nullptr, note},
      {"aten.randint_like", "RandomUniformLike", raise_randint_like, nullptr, note},
      {"aten.randn", "RandomNormalLike", raise_random, nullptr, note},
      {"aten.randn_like", "RandomNormalLike", raise_random_like, nullptr, note},
      {"aten.randperm", "TopK", raise_randperm, nullptr, note},
      {"aten.uniform", "RandomUniformLike", raise_uniform, nullptr, note},
  };
}

}  // namespace modelconv::torch
