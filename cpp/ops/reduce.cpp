// ReduceSum, ReduceMean, ReduceMax, ... over any axes.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "ops/all_ops.h"
#include "ops/reduce_plan.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// --- what is accumulated. `State` must be wide enough for a sum: double, or 64-bit integers that wrap.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

template <class T>
Wide<T> widen(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    return x;
  } else {
    return static_cast<uint64_t>(x);  // of a negative number: its value modulo 2^64
  }
}

template <class T>
Wide<T> magnitude(T x) {
  if constexpr (std::is_unsigned_v<T>) {
    return x;
  } else {
    return x < 0 ? Wide<T>(0) - widen(x) : widen(x);
  }
}

template <class T>
double as_real(Wide<T> x) {
  if constexpr (std::is_signed_v<T> && std::is_integral_v<T>)
    return static_cast<double>(static_cast<int64_t>(x));
  return static_cast<double>(x);
}

// A real result as T: what does not fit an integer becomes its nearest end.
template <class T>
T from_real(double x) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(x);
  } else {
    if (!(x > static_cast<double>(std::numeric_limits<T>::lowest()))) return std::numeric_limits<T>::lowest();
    if (x >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return static_cast<T>(x);
  }
}

template <class T>
struct Sum {
  using State = Wide<T>;
  static State start() { return 0; }
  static void add(State& state, T x) { state += widen(x); }
  static T finish(State state, int64_t) { return static_cast<T>(state); }
};

template <class T>
struct Mean : Sum<T> {
  static T finish(Wide<T> state, int64_t count) {
    if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(state / static_cast<double>(count));
    } else if constexpr (std::is_signed_v<T>) {
      return count == 0 ? T(0) : static_cast<T>(static_cast<int64_t>(state) / count);
    } else {
      return count == 0 ? T(0) : static_cast<T>(state / static_cast<uint64_t>(count));
    }
  }
};

template <class T>
struct Product {
  using State = Wide<T>;
  static State start() { return 1; }
  static void add(State& state, T x) { state *= widen(x); }
  static T finish(State state, int64_t) { return static_cast<T>(state); }
};

template <class T>
struct Maximum {
  using State = T;
  static State start() {
    return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
  }
  static void add(State& state, T x) {
    if (x > state || x != x) state = x;  // NaN stays
  }
  static T finish(State state, int64_t) { return state; }
};

template <class T>
struct Minimum {
  using State = T;
  static State start() {
    return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::max();
  }
  static void add(State& state, T x) {
    if (x < state || x != x) state = x;
  }
  static T finish(State state, int64_t) { return state; }
};

template <class T>
struct L1 : Sum<T> {
  static void add(Wide<T>& state, T x) { state += magnitude(x); }
};

template <class T>
struct SumSquare : Sum<T> {
  static void add(Wide<T>& state, T x) { state += widen(x) * widen(x); }
};

template <class T>
struct L2 : SumSquare<T> {
  static T finish(Wide<T> state, int64_t) { return from_real<T>(std::sqrt(static_cast<double>(state))); }
};

template <class T>
struct LogSum : Sum<T> {
  static T finish(Wide<T> state, int64_t) { return from_real<T>(std::log(as_real<T>(state))); }
};

// log(sum(exp(x))) with the largest x taken out, so that exp cannot overflow.
template <class T>
struct LogSumExp {
  struct State {
    double largest, sum;  // of exp(x - largest)
  };
  static State start() { return {-std::numeric_limits<double>::infinity(), 0}; }
  static void add(State& state, T element) {
    const double x = static_cast<double>(element);
    if (x == state.largest) {
      state.sum += 1;
    } else if (x > state.largest) {
      state.sum = state.sum * std::exp(state.largest - x) + 1;
      state.largest = x;
    } else {
      state.sum += std::exp(x - state.largest);
    }
  }
  static T finish(State state, int64_t) { return from_real<T>(std::log(state.sum) + state.largest); }
};

// --- the loops
// A contiguous line, in four parts so that one addition need not wait for the last.
template <class T, class F>
typename F::State reduce_line(const T* x, int64_t length, typename F::State state) {
  if constexpr (std::is_same_v<typename F::State, double> && std::is_same_v<F, Sum<T>>) {
    double parts[4] = {state, 0, 0, 0};
    int64_t i = 0;
    for (; i + 4 <= length; i += 4)
      for (int64_t k = 0; k < 4; ++k) F::add(parts[k], x[i + k]);
    for (; i < length; ++i) F::add(parts[0], x[i]);
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
  } else {
    for (int64_t i = 0; i < length; ++i) F::add(state, x[i]);
    return state;
  }
}

template <class T, class F>
void reduce_to_one(const ReducePlan& plan, const T* x, T* y) {
  typename F::State state = F::start();
  for (int64_t offset : plan.reduced_offsets) {
    if (plan.step == 1) {
      state = reduce_line<T, F>(x + offset, plan.length, state);
    } else {
      for (int64_t j = 0; j < plan.length; ++j) F::add(state, x[offset + j * plan.step]);
    }
  }
  *y = F::finish(state, plan.reduced_count());
}

// `count` neighbouring outputs together: the input is read in lines.
template <class T, class F>
void reduce_columns(const ReducePlan& plan, const T* x, int64_t count, T* y) {
  constexpr int64_t kBlock = 256;
  typename F::State states[kBlock];
  for (int64_t first = 0; first < count; first += kBlock) {
    const int64_t columns = std::min(kBlock, count - first);
    std::fill_n(states, columns, F::start());
    for (int64_t offset : plan.reduced_offsets)
      for (int64_t j = 0; j < plan.length; ++j) {
        const T* line = x + first + offset + j * plan.step;
        for (int64_t i = 0; i < columns; ++i) F::add(states[i], line[i]);
      }
    for (int64_t i = 0; i < columns; ++i) y[first + i] = F::finish(states[i], plan.reduced_count());
  }
}

template <class T, class F>
void reduce(ThreadPool& threads, const ReducePlan& plan, const T* x, T* y) {
  if (plan.length == 0) return std::fill_n(y, plan.outputs, F::finish(F::start(), 0)), void();
  const int64_t grain = std::max<int64_t>(1, 65536 / std::max<int64_t>(1, plan.reduced_count()));
  if (plan.inner == 1) {
    threads.parallel_for(plan.outputs, grain, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) reduce_to_one<T, F>(plan, x + plan.kept_offset(o), y + o);
    });
    return;
  }
  // A few outer places with long lines are split by their columns.
  constexpr int64_t kColumns = 256;
  const int64_t pieces = (plan.inner + kColumns - 1) / kColumns;
  threads.parallel_for(
      plan.outer() * pieces, std::max<int64_t>(1, grain / kColumns), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const int64_t outer = i / pieces, first = i % pieces * kColumns;
          reduce_columns<T, F>(plan, x + plan.kept_offset(outer) + first,
                               std::min(kColumns, plan.inner - first), y + outer * plan.inner + first);
        }
      });
}

// --- the operator
// Nothing when the axes are not known.
std::optional<std::vector<bool>> choose_axes(const Node& node,
                                             const std::optional<std::vector<int64_t>>& axes, bool given,
                                             size_t rank) {
  if (given && !axes) return std::nullopt;
  if (given && !axes->empty()) return mark_axes(*axes, rank);
  return std::vector<bool>(rank, int_attr(node, "noop_with_empty_axes") == 0);
}

bool keeps_dims(const Node& node) { return int_attr(node, "keepdims") != 0; }

template <template <class> class F, class... Lists>
void run_reduce(KernelContext& context) {
  const Tensor& x = context.input(0);
  const bool given = context.has_input(1);
  const auto axes = given ? std::optional(context.input(1).to_int64()) : std::nullopt;
  const ReducePlan plan = plan_reduction(x.dims(), *choose_axes(context.node(), axes, given, x.rank()),
                                         keeps_dims(context.node()));
  Tensor& y = context.allocate(0, x.dtype(), plan.output);
  visit_types(
      context, x.dtype(),
      [&]<class T>(T) {
        reduce<T, F<T>>(context.threads(), plan, x.data<T>().data(), y.mutable_data<T>().data());
      },
      Lists()...);
}

// Also of bools, whose bytes need not be 0 or 1; as bytes, the smallest of nothing is 255.
template <template <class> class F>
void run_extreme(KernelContext& context) {
  run_reduce<F, FloatTypes, WideIntegers, TypeList<int8_t, uint8_t>>(context);
  if (context.input(0).dtype() != DType::boolean) return;
  Tensor y = context.output(0).tensor();
  for (uint8_t& byte : y.mutable_data<uint8_t>()) byte = byte != 0;
}

void infer_reduce(InferContext& context) {
  const Node& node = context.node();
  const Shape& x = context.input_shape(0);
  const bool given = context.has_input(1), keep = keeps_dims(node);
  Shape y;
  if (x.has_rank()) {
    const auto reduced = choose_axes(node, given ? context.known_ints(1) : std::nullopt, given, x.rank());
    if (reduced) y = reduced_shape(x, *reduced, keep);
    if (!reduced && keep) y = Shape::of_rank(x.rank());
  } else if (!keep && !given && int_attr(node, "noop_with_empty_axes") == 0) {
    y = Shape(std::vector<Dim>());
  }
  context.set_output(0, context.input_dtype(0), y);
}

using Combine = Dim (*)(const Dim&, const Dim&);

// Shape computations: the product (sum, ...) of a shape vector's elements.
template <Combine combine>
void infer_reduce_elements(InferContext& context) {
  infer_reduce(context);
  const auto elements = context.elements(0);
  const Shape& x = context.input_shape(0);
  if (!elements || elements->empty() || !x.has_rank() || x.rank() > 1) return;
  const bool given = context.has_input(1);
  const auto reduced =
      choose_axes(context.node(), given ? context.known_ints(1) : std::nullopt, given, x.rank());
  if (!reduced) return;
  if (x.rank() == 0 || !(*reduced)[0]) return context.set_elements(0, *elements);
  Dim result = elements->front();
  for (size_t i = 1; i < elements->size(); ++i) result = combine(result, (*elements)[i]);
  context.set_elements(0, {result});
}

Dim add(const Dim& a, const Dim& b) { return a + b; }
Dim times(const Dim& a, const Dim& b) { return a * b; }
Dim larger(const Dim& a, const Dim& b) { return max(a, b); }
Dim smaller(const Dim& a, const Dim& b) { return min(a, b); }

std::optional<AxisMove> move_reduce(const Node& node, size_t index, const Permutation& p) {
  if (index != 0) return std::nullopt;
  const Value* axes = node.input(1);
  if (axes && !axes->is_constant()) return std::nullopt;
  const auto values = axes ? std::optional(axes->constant().to_int64()) : std::nullopt;
  const std::vector<bool> reduced = *choose_axes(node, values, axes != nullptr, p.size());
  AxisMove move = move_reduction(node, p, reduced, keeps_dims(node));
  if (values && !values->empty()) {
    const Permutation place = inverse(p);
    std::vector<int64_t> moved;
    for (size_t i = 0; i < reduced.size(); ++i)
      if (reduced[i]) moved.push_back(static_cast<int64_t>(place[i]));
    std::sort(moved.begin(), moved.end());
    move.replaced_inputs.emplace_back(1, Tensor::vector(moved));
  }
  return move;
}

template <template <class> class F>
OpDef reduction(const char* name, InferFn rule = infer_reduce) {
  return OpDef(name)
      .infer(rule)
      .axes(move_reduce)
      .evaluate(run_reduce<F, FloatTypes, WideIntegers>)
      .widen_half();
}

}  // namespace

OpDefs reduce_ops() {
  return {
      reduction<Sum>("ReduceSum", infer_reduce_elements<add>),
      reduction<Mean>("ReduceMean"),
      reduction<Maximum>("ReduceMax", infer_reduce_elements<larger>).evaluate(run_extreme<Maximum>),
      reduction<Minimum>("ReduceMin", infer_reduce_elements<smaller>).evaluate(run_extreme<Minimum>),
      reduction<Product>("ReduceProd", infer_reduce_elements<times>),
      reduction<L1>("ReduceL1"),
      reduction<L2>("ReduceL2"),
      reduction<LogSum>("ReduceLogSum"),
      reduction<LogSumExp>("ReduceLogSumExp"),
      reduction<SumSquare>("ReduceSumSquare"),
  };
}

}  // namespace modelconv
