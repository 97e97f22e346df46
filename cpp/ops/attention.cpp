// Attention: scaled dot products of queries and keys, masked, with a cache of keys and values.
#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/all_ops.h"
#include "ops/gemm.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

enum Input : uint8_t { kQuery, kKey, kValue, kMask, kPastKey, kPastValue, kValidKeys };
enum Output : uint8_t { kResult, kPresentKey, kPresentValue, kScores };

// A tensor of heads, [batch, heads, length, size] or packed as [batch, length, heads * size].
struct Heads {
  int64_t batch, heads, length, size;
  bool packed;

  int64_t row() const { return packed ? heads * size : size; }
  int64_t offset(int64_t b, int64_t head) const {
    return packed ? b * length * heads * size + head * size : (b * heads + head) * length * size;
  }
};

Heads read_heads(const KernelContext& context, size_t index, const char* count_attribute) {
  const Dims& dims = context.input(index).dims();
  if (dims.size() == 4) return {dims[0], dims[1], dims[2], dims[3], false};
  if (dims.size() != 3) context.fail("input {} has {} axes, not 3 or 4", index, dims.size());
  const int64_t heads = int_attr(context.node(), count_attribute);
  if (heads < 1 || dims[2] % heads != 0)
    context.fail("input {}: {} elements in {} heads", index, dims[2], heads);
  return {dims[0], heads, dims[1], dims[2] / heads, true};
}

struct Sizes {
  Heads q, k, v;
  int64_t past, total;  // keys in the cache, and with the new ones
  int64_t batches() const { return q.batch; }
};

Sizes read_sizes(const KernelContext& context) {
  Sizes s{read_heads(context, kQuery, "q_num_heads"), read_heads(context, kKey, "kv_num_heads"),
          read_heads(context, kValue, "kv_num_heads"), 0, 0};
  if (s.k.batch != s.q.batch || s.v.batch != s.q.batch || s.k.length != s.v.length ||
      s.k.heads != s.v.heads || s.k.size != s.q.size || s.k.heads < 1 || s.q.heads % s.k.heads != 0)
    context.fail("queries, keys and values do not fit together");
  if (context.has_input(kPastKey) != context.has_input(kPastValue))
    context.fail("past key and value go together");
  if (context.has_input(kPastKey)) {
    const Dims &k = context.input(kPastKey).dims(), &v = context.input(kPastValue).dims();
    if (k.size() != 4) context.fail("the past key must have four axes");
    s.past = k[2];
    if (k != Dims{s.k.batch, s.k.heads, s.past, s.k.size} ||
        v != Dims{s.v.batch, s.v.heads, s.past, s.v.size})
      context.fail("the past state {}, {} does not fit", to_string(k), to_string(v));
  }
  s.total = s.past + s.k.length;
  return s;
}

// Past and new elements as [batch, heads, total, size].
template <class T>
void join_states(const Heads& heads, int64_t past_length, const T* past, const T* now, T* out) {
  for (int64_t b = 0; b < heads.batch; ++b)
    for (int64_t head = 0; head < heads.heads; ++head) {
      if (past)
        out = std::copy_n(past + (b * heads.heads + head) * past_length * heads.size,
                          past_length * heads.size, out);
      for (int64_t i = 0; i < heads.length; ++i)
        out = std::copy_n(now + heads.offset(b, head) + i * heads.row(), heads.size, out);
    }
}

// Keys or values with the cache in front: a view of the input where nothing has to be joined.
template <class T>
struct States {
  Heads heads;
  const T* data;
  MatrixView<T> view(int64_t b, int64_t head) const { return {data + heads.offset(b, head), heads.row(), 1}; }
};

template <class T>
States<T> update_states(KernelContext& context, const Heads& heads, int64_t past, size_t input,
                        size_t past_input, size_t output, std::vector<T>& memory) {
  const T* now = context.input(input).data<T>().data();
  const T* before = context.has_input(past_input) ? context.input(past_input).data<T>().data() : nullptr;
  const bool wanted = context.wants_output(output);
  if (!wanted && !before) return {heads, now};
  const Heads joined{heads.batch, heads.heads, past + heads.length, heads.size, false};
  T* target;
  if (wanted) {
    target = context.allocate(output, dtype_of<T>, {joined.batch, joined.heads, joined.length, joined.size})
                 .template mutable_data<T>()
                 .data();
  } else {
    memory.resize(static_cast<size_t>(joined.batch * joined.heads * joined.length * joined.size));
    target = memory.data();
  }
  join_states(heads, past, before, now, target);
  return {joined, target};
}

// What is added to the scores: the mask input, broadcast. Keys beyond its last axis are not attended.
template <class T>
class Mask {
 public:
  Mask(const KernelContext& context, const Sizes& sizes) {
    if (!context.has_input(kMask)) return;
    const Tensor& mask = context.input(kMask);
    if (mask.rank() < 1 || mask.rank() > 4) context.fail("the mask has {} axes", mask.rank());
    Dims dims = mask.dims();
    dims.insert(dims.begin(), 4 - dims.size(), 1);
    const Dims full{sizes.batches(), sizes.q.heads, sizes.q.length, sizes.total};
    for (size_t i = 0; i < 3; ++i)
      if (dims[i] != 1 && dims[i] != full[i])
        context.fail("the mask {} does not fit", to_string(mask.dims()));
    if (dims[3] > full[3]) context.fail("the mask {} has more columns than keys", to_string(mask.dims()));
    columns_ = dims[3];
    int64_t stride = columns_;
    for (size_t i = 3; i-- > 0; stride *= dims[i]) strides_[i] = dims[i] == 1 ? 0 : stride;
    for (double value : mask.to_double())
      values_.push_back(mask.dtype() == DType::boolean
                            ? (value != 0 ? T(0) : -std::numeric_limits<T>::infinity())
                            : static_cast<T>(value));
    given_ = true;
  }
  bool given() const { return given_; }
  int64_t columns() const { return columns_; }
  const T* row(int64_t b, int64_t head, int64_t query) const {
    return values_.data() + b * strides_[0] + head * strides_[1] + query * strides_[2];
  }

 private:
  bool given_ = false;
  int64_t columns_ = 0, strides_[3] = {0, 0, 0};
  std::vector<T> values_;
};

// Which keys the position of a query leaves: [first, end).
struct Frontier {
  bool causal;
  int64_t left, right;  // window sizes, -1: unbounded
  int64_t past, queries, total;
  std::vector<int64_t> valid_keys;  // per batch; empty: all

  struct Range {
    int64_t first, end;
  };
  Range range(int64_t batch, int64_t query) const {
    const int64_t valid = valid_keys.empty() ? total : valid_keys[static_cast<size_t>(batch)];
    const int64_t place = query + (valid_keys.empty() ? past : valid - queries);
    Range range{left < 0 ? 0 : std::max<int64_t>(0, place - left), std::min(total, valid)};
    if (causal) range.end = std::min(range.end, place + 1);
    if (right >= 0) range.end = std::min(range.end, place + right + 1);
    return range;
  }
};

Frontier read_frontier(const KernelContext& context, const Sizes& sizes) {
  const Node& node = context.node();
  Frontier frontier{int_attr(node, "is_causal") != 0,
                    optional_int(node, "left_window_size").value_or(-1),
                    optional_int(node, "right_window_size").value_or(-1),
                    sizes.past,
                    sizes.q.length,
                    sizes.total,
                    {}};
  constexpr int64_t kLargest = int64_t{1} << 40;
  for (int64_t window : {frontier.left, frontier.right})
    if (window < -1 || window > kLargest) context.fail("a window of size {}", window);
  if (!context.has_input(kValidKeys)) return frontier;
  frontier.valid_keys = context.input(kValidKeys).to_int64();
  if (static_cast<int64_t>(frontier.valid_keys.size()) != sizes.batches())
    context.fail("nonpad_kv_seqlen has {} elements for {} batches", frontier.valid_keys.size(),
                 sizes.batches());
  for (int64_t valid : frontier.valid_keys)
    if (valid < 0 || valid > sizes.total) context.fail("{} valid keys of {}", valid, sizes.total);
  return frontier;
}

// Adds the bias to a row of scores; false when it leaves no key.
template <class T>
bool add_bias(const Mask<T>& mask, const Frontier::Range& range, const T* mask_row, int64_t keys, T* scores) {
  const T nothing = -std::numeric_limits<T>::infinity();
  bool any = false;
  for (int64_t j = 0; j < keys; ++j) {
    T bias = j >= range.first && j < range.end ? T(0) : nothing;
    if (mask.given()) bias += j < mask.columns() ? mask_row[j] : nothing;
    any = any || bias != nothing;
    scores[j] += bias;
  }
  return any;
}

template <class T>
void softmax_row(T* x, int64_t count) {
  const T largest = *std::max_element(x, x + count);
  T sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += (x[i] = std::exp(x[i] - largest));
  for (int64_t i = 0; i < count; ++i) x[i] /= sum;
}

template <class T>
void attend(KernelContext& context) {
  const Sizes s = read_sizes(context);
  const Node& node = context.node();
  std::vector<T> key_memory, value_memory;
  const States<T> keys = update_states(context, s.k, s.past, kKey, kPastKey, kPresentKey, key_memory);
  const States<T> values =
      update_states(context, s.v, s.past, kValue, kPastValue, kPresentValue, value_memory);
  const Mask<T> mask(context, s);
  const Frontier frontier = read_frontier(context, s);
  const T scale = static_cast<T>(
      optional_float(node, "scale")
          .value_or(static_cast<float>(1 / std::sqrt(static_cast<double>(std::max<int64_t>(1, s.q.size))))));
  const T cap = static_cast<T>(float_attr(node, "softcap"));
  const int64_t mode = int_attr(node, "qk_matmul_output_mode");
  const Heads out{s.q.batch, s.q.heads, s.q.length, s.v.size, s.q.packed};
  T* y = context
             .allocate(kResult, dtype_of<T>,
                       out.packed ? Dims{out.batch, out.length, out.heads * out.size}
                                  : Dims{out.batch, out.heads, out.length, out.size})
             .template mutable_data<T>()
             .data();
  T* kept = context.wants_output(kScores)
                ? context.allocate(kScores, dtype_of<T>, {s.q.batch, s.q.heads, s.q.length, s.total})
                      .template mutable_data<T>()
                      .data()
                : nullptr;
  const T* q = context.input(kQuery).data<T>().data();
  const int64_t count = s.q.length * s.total;
  const auto keep = [&](int64_t which, int64_t head, const std::vector<T>& scores) {
    if (kept && mode == which) std::copy(scores.begin(), scores.end(), kept + head * count);
  };
  context.threads().parallel_for(s.q.batch * s.q.heads, 1, [&](int64_t begin, int64_t end) {
    std::vector<T> scores(static_cast<size_t>(count));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t b = i / s.q.heads, head = i % s.q.heads, shared = head / (s.q.heads / s.k.heads);
      multiply(context.threads(), Product<T>{s.q.length, s.total, s.q.size, scores.data(), s.total, scale},
               MatrixView<T>{q + s.q.offset(b, head), s.q.row(), 1}, keys.view(b, shared).transposed());
      keep(0, i, scores);
      if (cap > 0)
        for (T& score : scores) score = cap * std::tanh(score / cap);
      keep(1, i, scores);
      std::vector<bool> open(static_cast<size_t>(s.q.length));
      for (int64_t row = 0; row < s.q.length; ++row)
        open[static_cast<size_t>(row)] =
            add_bias(mask, frontier.range(b, row), mask.given() ? mask.row(b, head, row) : nullptr, s.total,
                     scores.data() + row * s.total);
      keep(2, i, scores);
      for (int64_t row = 0; row < s.q.length; ++row) {  // a query that may attend no key gives zeros
        T* line = scores.data() + row * s.total;
        if (open[static_cast<size_t>(row)])
          softmax_row(line, s.total);
        else
          std::fill_n(line, s.total, T(0));
      }
      keep(3, i, scores);
      multiply(context.threads(),
               Product<T>{s.q.length, out.size, s.total, y + out.offset(b, head), out.row()},
               MatrixView<T>{scores.data(), s.total, 1}, values.view(b, shared));
    }
  });
}

void run_attention(KernelContext& context) {
  const DType dtype = context.input(kQuery).dtype();
  for (size_t i : {size_t{kKey}, size_t{kValue}, size_t{kPastKey}, size_t{kPastValue}})
    if (context.has_input(i) && context.input(i).dtype() != dtype) context.fail("inputs of different types");
  visit_types(context, dtype, [&]<class T>(T) { attend<T>(context); }, FloatTypes());
}

// Batch, heads, length and size of each head, as far as they are known.
struct HeadDims {
  Dim batch, heads, length, size;
};

HeadDims infer_heads(const InferContext& context, size_t index, const char* count_attribute) {
  const Shape& shape = context.input_shape(index);
  if (!shape.has_rank()) return {};
  if (shape.rank() == 4) return {shape[0], shape[1], shape[2], shape[3]};
  if (shape.rank() != 3) context.fail("input {} has {} axes, not 3 or 4", index, shape.rank());
  const int64_t heads = optional_int(context.node(), count_attribute).value_or(0);
  if (heads < 1) context.fail("attribute {} must be positive", count_attribute);
  return {shape[0], heads, shape[1], shape[2].is_unknown() ? Dim() : floor_div(shape[2], heads)};
}

void infer_attention(InferContext& context) {
  const HeadDims q = infer_heads(context, kQuery, "q_num_heads"),
                 k = infer_heads(context, kKey, "kv_num_heads"),
                 v = infer_heads(context, kValue, "kv_num_heads");
  const Shape& query = context.input_shape(kQuery);
  Dim past = 0;
  if (context.has_input(kPastKey)) {
    const Shape& shape = context.input_shape(kPastKey);
    past = shape.has_rank() && shape.rank() == 4 ? shape[2] : Dim();
  }
  const Dim total = past + k.length;
  const DType dtype = context.input_dtype(kQuery);
  Shape result;
  if (query.has_rank())
    result = query.rank() == 4 ? Shape{q.batch, q.heads, q.length, v.size}
                               : Shape{q.batch, q.length, q.heads * v.size};
  context.set_output(kResult, dtype, result);
  context.set_output(kPresentKey, dtype, Shape{q.batch, k.heads, total, k.size});
  context.set_output(kPresentValue, context.input_dtype(kValue), Shape{q.batch, v.heads, total, v.size});
  context.set_output(kScores, dtype, Shape{q.batch, q.heads, q.length, total});
}

}  // namespace

OpDefs attention_ops() {
  return {OpDef("Attention").infer(infer_attention).evaluate(run_attention).widen_half()};
}

}  // namespace modelconv
