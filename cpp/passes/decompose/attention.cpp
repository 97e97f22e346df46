// Attention (23), RotaryEmbedding (23) and SwiGLU (28) as what they are made of.
#include <cmath>
#include <limits>

#include "passes/decompose/decompose.h"

namespace modelconv::decompose {
namespace {

using Ints = std::vector<int64_t>;
constexpr int64_t kToEnd = std::numeric_limits<int64_t>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Value& transpose(Step& step, Value& x, Ints perm) {
  return step.add("Transpose", {&x}, {{"perm", std::move(perm)}});
}
Value& unsqueeze(Step& step, Value& x, Ints axes) { return step.add("Unsqueeze", {&x, &step.ints(axes)}); }
// Unknown also where the rank is.
Dim dim_of(const Value& x, size_t axis) {
  return x.shape().has_rank() && axis < x.shape().rank() ? x.shape()[axis] : Dim();
}

// One dimension of `x` at run time, as a vector of one element.
Value& size_of(Step& step, Value& x, int64_t axis) {
  const Dim dim = dim_of(x, static_cast<size_t>(axis));
  if (dim.is_known()) return step.ints({dim.value()});
  return step.add("Shape", {&x}, {{"start", axis}, {"end", axis + 1}});
}

bool is_wanted(const Step& step, size_t output) {
  const Value* value = step.node().output(output);
  return value && !value->is_unused();
}

// --- Attention
struct Heads {
  Value* q;
  Value* k;
  Value* v;
};

enum Input : uint8_t { kQuery, kKey, kValue, kMask, kPastKey, kPastValue, kValidKeys };

// [batch, length, heads * size] as [batch, heads, length, size].
Value& split_heads(Step& step, size_t input, const char* attribute) {
  Value& x = step.required(input);
  if (step.rank_of(input) == 4) return x;
  const auto* heads = step.attrs().get<int64_t>(attribute);
  if (step.rank_of(input) != 3 || !heads) step.refuse("its input {} has no heads", input);
  return transpose(step, step.add("Reshape", {&x, &step.ints({0, 0, *heads, -1})}), {0, 2, 1, 3});
}

Value& join_past(Step& step, size_t past, Value& now) {
  if (!step.input(past)) return now;
  return step.add("Concat", {step.input(past), &now}, {{"axis", int64_t{2}}});
}

// Each head of keys or values `times` times in a row.
Value& repeat_heads(Step& step, Value& x, int64_t heads, int64_t times) {
  if (times == 1) return x;
  Value& spread = step.add("Expand", {&unsqueeze(step, x, {2}), &step.ints({1, 1, times, 1, 1})});
  Value& shape = step.add(
      "Concat",
      {&size_of(step, x, 0), &step.ints({heads * times}), &size_of(step, x, 2), &size_of(step, x, 3)},
      {{"axis", int64_t{0}}});
  return step.add("Reshape", {&spread, &shape});
}

int64_t count_heads(const Step& step, const Value& x) {
  const Dim heads = dim_of(x, 1);
  if (!heads.is_known() || heads.value() < 1)
    step.refuse("the number of heads of '{}' is not known", x.name());
  return heads.value();
}

// The root of the scale, which goes to queries and keys alike so that products stay small.
Value& root_of_scale(Step& step, Value& q) {
  if (const auto* scale = step.attrs().get<float>("scale")) {
    if (!(*scale >= 0)) step.refuse("its scale is {}", *scale);
    return step.scalar(q, std::sqrt(*scale));
  }
  const Dim size = dim_of(q, 3);
  if (size.is_known()) return step.scalar(q, std::pow(static_cast<double>(size.value()), -0.25));
  Value& number = step.cast(size_of(step, q, 3), q.dtype());
  return step.add("Reciprocal", {&step.add("Sqrt", {&step.add("Sqrt", {&number})})});
}

// Conditions on queries (rows) and keys (columns), joined by And.
class Allowed {
 public:
  Allowed(Step& step, Value& q, Value& k) : step_(step), q_(q), k_(k) {}

  void add(Value& condition) { all_ = all_ ? &step_.add("And", {all_, &condition}) : &condition; }
  Value* all() const { return all_; }
  Value& columns() { return count(k_); }

  // Query i stands at i + offset; how far it is behind key j.
  Value& distance() {
    Value& rows = unsqueeze(step_, count(q_), {1});
    Value& places = offset_ ? step_.add("Add", {&rows, offset_}) : rows;
    return step_.add("Sub", {&places, &columns()});
  }
  void set_offset(Value& offset) { offset_ = &offset; }

 private:
  // 0, 1, ... along axis 2 of `x`.
  Value& count(Value& x) {
    const Dim length = dim_of(x, 2);
    constexpr int64_t kMost = 1 << 16;
    if (length.is_known() && length.value() <= kMost) {
      Ints numbers(static_cast<size_t>(length.value()));
      for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i);
      return step_.ints(numbers);
    }
    const auto scalar = [&](int64_t value) { return &step_.constant(Tensor::scalar(value)); };
    Value& end = step_.add("Squeeze", {&size_of(step_, x, 2), &step_.ints({0})});
    return step_.add("Range", {scalar(0), &end, scalar(1)});
  }

  Step& step_;
  Value &q_, &k_;
  Value* offset_ = nullptr;
  Value* all_ = nullptr;
};

Value& to_bias(Step& step, Value& condition, const Value& like) {
  return step.add("Where", {&condition, &step.scalar(like, 0), &step.scalar(like, -kInfinity)});
}

// The mask input as numbers to add, with as many columns as there are keys: those that it lacks are not attended.
Value& mask_bias(Step& step, Value& k, const Value& like) {
  Value& mask = step.required(kMask);
  Value& bias = mask.dtype() == DType::boolean ? to_bias(step, mask, like) : step.cast(mask, like.dtype());
  const size_t rank = step.rank_of(kMask);
  if (rank == 0) step.refuse("its mask is a scalar");
  if (dim_of(mask, rank - 1) == dim_of(k, 2)) return bias;
  Value& missing =
      step.add("Sub", {&size_of(step, k, 2), &size_of(step, mask, static_cast<int64_t>(rank) - 1)});
  Value& pads = step.add("Concat", {&step.ints(Ints(2 * rank - 1, 0)), &missing}, {{"axis", int64_t{0}}});
  return step.add("Pad", {&bias, &pads, &step.scalar(like, -kInfinity)});
}

// What is added to the scores; null when nothing is. `can_close` says whether a query may be left without a key.
Value* build_bias(Step& step, Value& q, Value& k, bool& can_close) {
  Allowed allowed(step, q, k);
  const int64_t left = step.int_or("left_window_size", -1), right = step.int_or("right_window_size", -1);
  Value* valid = step.input(kValidKeys);
  if (valid)
    allowed.set_offset(step.add("Sub", {&unsqueeze(step, *valid, {1, 2, 3}), &size_of(step, q, 2)}));
  else if (step.input(kPastKey))
    allowed.set_offset(size_of(step, *step.input(kPastKey), 2));
  const auto bound = [&](int64_t value) { return &step.constant(Tensor::scalar(value)); };
  if (step.int_or("is_causal", 0) != 0)
    allowed.add(step.add("GreaterOrEqual", {&allowed.distance(), bound(0)}));
  if (left >= 0) allowed.add(step.add("LessOrEqual", {&allowed.distance(), bound(left)}));
  if (right >= 0) allowed.add(step.add("GreaterOrEqual", {&allowed.distance(), bound(-right)}));
  if (valid) allowed.add(step.add("Less", {&allowed.columns(), &unsqueeze(step, *valid, {1, 2, 3})}));
  can_close = step.input(kMask) || valid || left >= 0 || right >= 0;
  Value* bias = allowed.all() ? &to_bias(step, *allowed.all(), q) : nullptr;
  if (!step.input(kMask)) return bias;
  Value& mask = mask_bias(step, k, q);
  return bias ? &step.add("Add", {bias, &mask}) : &mask;
}

// Rows whose bias closes every key become zeros.
Value& softmax(Step& step, Value& scores, Value* bias, bool can_close) {
  const auto precision = static_cast<DType>(step.int_or("softmax_precision", 0));
  Value& inner = precision == DType::undefined ? scores : step.cast(scores, precision);
  Value& result = step.cast(step.add("Softmax", {&inner}, {{"axis", int64_t{-1}}}), scores.dtype());
  if (!bias || !can_close) return result;
  Value& most = step.add("ReduceMax", {bias, &step.ints({-1})});
  Value& closed = step.add("Equal", {&most, &step.scalar(*bias, -kInfinity)});
  return step.add("Where", {&closed, &step.scalar(scores, 0), &result});
}

Heads read_heads(Step& step) {
  Heads heads{&split_heads(step, kQuery, "q_num_heads"),
              &join_past(step, kPastKey, split_heads(step, kKey, "kv_num_heads")),
              &join_past(step, kPastValue, split_heads(step, kValue, "kv_num_heads"))};
  if (heads.q->dtype() == DType::undefined) step.refuse("the element type of its input is not known");
  return heads;
}

void decompose_attention(Step& step) {
  const Heads heads = read_heads(step);
  Value& q = *heads.q;
  const int64_t q_heads = count_heads(step, q), kv_heads = count_heads(step, *heads.k);
  if (q_heads % kv_heads != 0) step.refuse("{} heads of queries do not share {} of keys", q_heads, kv_heads);
  Value& k = repeat_heads(step, *heads.k, kv_heads, q_heads / kv_heads);
  Value& v = repeat_heads(step, *heads.v, kv_heads, q_heads / kv_heads);
  Value& root = root_of_scale(step, q);
  Value& keys = transpose(step, step.add("Mul", {&k, &root}), {0, 1, 3, 2});
  Value* stages[4];  // what output 3 can show: products, capped, with bias, probabilities
  stages[0] = stages[1] = &step.add("MatMul", {&step.add("Mul", {&q, &root}), &keys});
  if (const float cap = step.attrs().get_or<float>("softcap", 0); cap > 0) {
    Value& limit = step.scalar(q, cap);
    stages[1] = &step.add("Mul", {&step.add("Tanh", {&step.add("Div", {stages[0], &limit})}), &limit});
  }
  bool can_close = false;
  Value* bias = build_bias(step, q, k, can_close);
  stages[2] = bias ? &step.add("Add", {stages[1], bias}) : stages[1];
  stages[3] = &softmax(step, *stages[2], bias, can_close);
  Value* y = &step.add("MatMul", {stages[3], &v});
  if (step.rank_of(kQuery) == 3)
    y = &step.add("Reshape", {&transpose(step, *y, {0, 2, 1, 3}), &step.ints({0, 0, -1})});
  const int64_t mode = step.int_or("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) step.refuse("qk_matmul_output_mode is {}", mode);
  Value* const outputs[] = {y, heads.k, heads.v, stages[mode]};
  for (size_t i = 1; i < 4; ++i)  // these may be inputs, or used further: each keeps its own name
    if (is_wanted(step, i)) step.replace_output(i, step.add("Identity", {outputs[i]}));
  step.replace_output(0, *y);
  step.done();
}

void decompose_attention_windows(Step& step) {
  if (step.int_or("left_window_size", -1) >= 0 || step.int_or("right_window_size", -1) >= 0)
    decompose_attention(step);
}

void decompose_valid_keys(Step& step) {
  if (step.input(kValidKeys)) decompose_attention(step);
}

// --- RotaryEmbedding
// Elements first, first + step, ... of the last axis.
Value& slice_last(Step& step, Value& x, int64_t first, int64_t end, int64_t by = 1) {
  std::vector<Value*> inputs{&x, &step.ints({first}), &step.ints({end}), &step.ints({3})};
  if (by != 1) inputs.push_back(&step.ints({by}));
  return step.add("Slice", std::move(inputs));
}

// Sines or cosines as [batch, length, 1, half]; with positions they are looked up.
Value& angles(Step& step, size_t cache) {
  Value* table = &step.required(cache);
  if (Value* positions = step.input(3))
    table = &step.add("Gather", {table, positions}, {{"axis", int64_t{0}}});
  return unsqueeze(step, *table, {2});
}

void decompose_rotary_embedding(Step& step) {
  Value& x = step.required(0);
  const size_t rank = step.rank_of(0);
  const int64_t heads = step.int_or("num_heads", 0);
  if (rank != 4 && (rank != 3 || heads < 1)) step.refuse("its input has rank {}", rank);
  Value& rows = rank == 4 ? transpose(step, x, {0, 2, 1, 3})  // [batch, length, heads, size]
                          : step.add("Reshape", {&x, &step.ints({0, 0, heads, -1})});
  int64_t turned = step.int_or("rotary_embedding_dim", 0);
  const bool turns_all = turned == 0;
  if (turns_all) {
    const size_t cache = step.rank_of(1);
    const Dim half = cache > 0 ? dim_of(step.required(1), cache - 1) : Dim();
    if (!half.is_known() || half.value() > (1 << 20)) step.refuse("the size of its heads is not known");
    turned = 2 * half.value();
  }
  const bool pairs = step.int_or("interleaved", 0) != 0;  // of neighbours, else of two halves
  Value& first = pairs ? slice_last(step, rows, 0, turned, 2) : slice_last(step, rows, 0, turned / 2);
  Value& second = pairs ? slice_last(step, rows, 1, turned, 2) : slice_last(step, rows, turned / 2, turned);
  Value &cosines = angles(step, 1), &sines = angles(step, 2);
  const auto mul = [&](Value& a, Value& b) { return &step.add("Mul", {&a, &b}); };
  Value* real = &step.add("Sub", {mul(cosines, first), mul(sines, second)});
  Value* imaginary = &step.add("Add", {mul(sines, first), mul(cosines, second)});
  if (pairs) {
    real = &unsqueeze(step, *real, {4});
    imaginary = &unsqueeze(step, *imaginary, {4});
  }
  Value* result = &step.add("Concat", {real, imaginary}, {{"axis", pairs ? int64_t{4} : int64_t{3}}});
  if (pairs) result = &step.add("Reshape", {result, &step.ints({0, 0, 0, -1})});
  if (!turns_all)
    result = &step.add("Concat", {result, &slice_last(step, rows, turned, kToEnd)}, {{"axis", int64_t{3}}});
  step.replace_output(0, rank == 4 ? transpose(step, *result, {0, 2, 1, 3})
                                   : step.add("Reshape", {result, &step.ints({0, 0, -1})}));
  step.done();
}

// --- SwiGLU: a * sigmoid(alpha a) * b
void decompose_swiglu(Step& step) {
  Value& gate =
      step.add("Swish", {&step.required(0)}, {{"alpha", step.attrs().get_or<float>("alpha", 1.0F)}});
  step.replace_output(0, step.add("Mul", {&gate, &step.required(1)}));
  step.done();
}

}  // namespace

void attention(Step& step) { decompose_attention(step); }
void attention_with_valid_keys(Step& step) { decompose_valid_keys(step); }
void attention_with_windows(Step& step) { decompose_attention_windows(step); }
void rotary_embedding(Step& step) { decompose_rotary_embedding(step); }
void swiglu(Step& step) { decompose_swiglu(step); }

}  // namespace modelconv::decompose
