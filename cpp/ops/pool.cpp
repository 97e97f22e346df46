// MaxPool, AveragePool, LpPool and the global pools.
#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/all_ops.h"
#include "ops/pool.h"
#include "ops/visit_types.h"
#include "ops/window.h"

namespace modelconv {

void infer_pool(InferContext& context) {
  const Shape& x = context.input_shape(0);
  Shape y = x;
  if (x.has_rank()) {
    if (x.rank() < 3) context.fail("the input needs a batch, a channel and a spatial axis");
    const Window window = read_window(context.node(), x.rank() - 2);
    for (size_t i = 0; i < window.rank(); ++i)
      y[i + 2] = window_positions(context.node(), window, i, x[i + 2]);
  }
  context.set_output(0, context.input_dtype(0), y);
  context.set_output(1, DType::int64, y);
}

namespace {

// The taps of a window that lie inside the input, per place of the window along one axis.
struct Taps {
  int64_t first;  // input place of the first of them
  int64_t count;
  int64_t padded;  // how many lie inside input and padding
};

std::vector<Taps> find_taps(const PlacedWindow& w, size_t axis) {
  std::vector<Taps> taps(static_cast<size_t>(w.output[axis]));
  const int64_t step = w.dilations[axis], size = w.input[axis], kernel = w.kernel[axis];
  const auto first_not_below = [step](int64_t distance) {
    return distance <= 0 ? 0 : (distance + step - 1) / step;
  };
  for (int64_t i = 0; i < w.output[axis]; ++i) {
    const int64_t start = i * w.strides[axis] - w.pads_begin[axis];
    const int64_t begin = std::min(kernel, first_not_below(-start));
    const int64_t end = std::clamp(first_not_below(size - start), begin, kernel);
    taps[static_cast<size_t>(i)] = {start + begin * step, end - begin,
                                    std::min(kernel, first_not_below(size + w.pads_end[axis] - start))};
  }
  return taps;
}

struct Pooling {
  PlacedWindow window;
  int64_t planes;  // batches * channels
  Dims output;
  std::array<std::vector<Taps>, 3> taps;
};

Pooling plan_pool(const Node& node, const Dims& x) {
  ENSURE(x.size() >= 3, ShapeError, "{}: the input needs a batch, a channel and a spatial axis",
         node.describe());
  const Window window = read_window(node, x.size() - 2);
  Pooling pooling{place_window(node, window, Dims(x.begin() + 2, x.end())), x[0] * x[1], {x[0], x[1]}, {}};
  for (size_t i = 0; i < window.rank(); ++i)
    pooling.output.push_back(pooling.window.output[3 - window.rank() + i]);
  for (size_t axis = 0; axis < 3; ++axis) pooling.taps[axis] = find_taps(pooling.window, axis);
  return pooling;
}

// Calls place(plane, z, y, x, element of the output) for every place of the window in the planes [begin, end).
template <class Place>
void for_each_place(const Pooling& pooling, int64_t begin, int64_t end, const Place& place) {
  int64_t element = begin * pooling.window.output_size();
  for (int64_t plane = begin; plane < end; ++plane)
    for (const Taps& z : pooling.taps[0])
      for (const Taps& y : pooling.taps[1])
        for (const Taps& x : pooling.taps[2]) place(plane, z, y, x, element++);
}

// Calls tap(z, y, x) for every input place under the window.
template <class Tap>
void for_each_tap(const PlacedWindow& w, const Taps& z, const Taps& y, const Taps& x, const Tap& tap) {
  for (int64_t i = 0, at_z = z.first; i < z.count; ++i, at_z += w.dilations[0])
    for (int64_t j = 0, at_y = y.first; j < y.count; ++j, at_y += w.dilations[1])
      for (int64_t k = 0, at_x = x.first; k < x.count; ++k, at_x += w.dilations[2]) tap(at_z, at_y, at_x);
}

template <class Body>
void for_each_plane(ThreadPool& threads, const Pooling& pooling, const Body& body) {
  const int64_t work = std::max<int64_t>(1, pooling.window.output_size() * pooling.window.kernel_size());
  threads.parallel_for(pooling.planes, std::max<int64_t>(1, 32768 / work), body);
}

template <class T>
constexpr T least() {
  return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                              : std::numeric_limits<T>::lowest();
}

template <class T>
void pool_maximum(KernelContext& context, const Pooling& pooling, const T* x, T* y) {
  const PlacedWindow& w = pooling.window;
  for_each_plane(context.threads(), pooling, [&](int64_t begin, int64_t end) {
    for_each_place(pooling, begin, end,
                   [&](int64_t plane, const Taps& tz, const Taps& ty, const Taps& tx, int64_t to) {
                     const T* source = x + plane * w.input_size();
                     T best = least<T>();
                     for_each_tap(w, tz, ty, tx, [&](int64_t i, int64_t j, int64_t k) {
                       const T value = source[(i * w.input[1] + j) * w.input[2] + k];
                       if (value > best || value != value) best = value;
                     });
                     y[to] = best;
                   });
  });
}

// Indices count through the whole input; within a plane by rows (storage_order 0) or by columns, where the first
// spatial axis runs fastest.
template <class T>
void pool_maximum_indices(KernelContext& context, const Pooling& pooling, const T* x, T* y,
                          int64_t* indices) {
  const PlacedWindow& w = pooling.window;
  const bool by_columns = int_attr(context.node(), "storage_order") != 0;
  for_each_plane(context.threads(), pooling, [&](int64_t begin, int64_t end) {
    for_each_place(pooling, begin, end,
                   [&](int64_t plane, const Taps& tz, const Taps& ty, const Taps& tx, int64_t to) {
                     const T* source = x + plane * w.input_size();
                     T best = least<T>();
                     int64_t at = -1, z = 0, row = 0, column = 0;
                     for_each_tap(w, tz, ty, tx, [&](int64_t i, int64_t j, int64_t k) {
                       const int64_t place = (i * w.input[1] + j) * w.input[2] + k;
                       if (at >= 0 && !(source[place] > best)) return;
                       best = source[place];
                       at = place, z = i, row = j, column = k;
                     });
                     if (by_columns && at >= 0) at = z + w.input[0] * (row + w.input[1] * column);
                     y[to] = best;
                     indices[to] = plane * w.input_size() + std::max<int64_t>(at, 0);
                   });
  });
}

void run_max_pool(KernelContext& context) {
  const Pooling pooling = plan_pool(context.node(), context.input(0).dims());
  const DType dtype = context.input(0).dtype();
  Tensor& y = context.allocate(0, dtype, pooling.output);
  Tensor* indices = context.wants_output(1) ? &context.allocate(1, DType::int64, pooling.output) : nullptr;
  visit_types(
      context, dtype,
      [&]<class T>(T) {
        const T* source = context.input(0).data<T>().data();
        T* target = y.mutable_data<T>().data();
        if (indices)
          return pool_maximum_indices(context, pooling, source, target,
                                      indices->mutable_data<int64_t>().data());
        pool_maximum(context, pooling, source, target);
      },
      FloatTypes(), TypeList<int8_t, uint8_t>());
}

template <class T>
void pool_average(ThreadPool& threads, const Node& node, const Pooling& pooling, const T* x, T* y) {
  const PlacedWindow& w = pooling.window;
  const bool count_pads = optional_int(node, "count_include_pad").value_or(0) != 0;
  for_each_plane(threads, pooling, [&](int64_t begin, int64_t end) {
    for_each_place(pooling, begin, end,
                   [&](int64_t plane, const Taps& tz, const Taps& ty, const Taps& tx, int64_t to) {
                     const T* source = x + plane * w.input_size();
                     T sum = 0;
                     for_each_tap(w, tz, ty, tx, [&](int64_t i, int64_t j, int64_t k) {
                       sum += source[(i * w.input[1] + j) * w.input[2] + k];
                     });
                     const int64_t count =
                         count_pads ? tz.padded * ty.padded * tx.padded : tz.count * ty.count * tx.count;
                     y[to] = count == 0 ? T(0) : sum / static_cast<T>(count);
                   });
  });
}

template <class T>
void pool_norm(KernelContext& context, const Pooling& pooling, const T* x, T* y) {
  const PlacedWindow& w = pooling.window;
  const T p = static_cast<T>(int_attr(context.node(), "p"));
  for_each_plane(context.threads(), pooling, [&](int64_t begin, int64_t end) {
    for_each_place(pooling, begin, end,
                   [&](int64_t plane, const Taps& tz, const Taps& ty, const Taps& tx, int64_t to) {
                     const T* source = x + plane * w.input_size();
                     T sum = 0;
                     for_each_tap(w, tz, ty, tx, [&](int64_t i, int64_t j, int64_t k) {
                       sum += std::pow(std::abs(source[(i * w.input[1] + j) * w.input[2] + k]), p);
                     });
                     y[to] = std::pow(sum, T(1) / p);
                   });
  });
}

template <class Pool>
void run_pool(KernelContext& context) {
  const Pooling pooling = plan_pool(context.node(), context.input(0).dims());
  const DType dtype = context.input(0).dtype();
  Tensor& y = context.allocate(0, dtype, pooling.output);
  visit_types(
      context, dtype,
      [&]<class T>(T) {
        Pool::pool(context, pooling, context.input(0).data<T>().data(), y.mutable_data<T>().data());
      },
      FloatTypes());
}

struct Average {
  template <class T>
  static void pool(KernelContext& context, const Pooling& pooling, const T* x, T* y) {
    pool_average(context.threads(), context.node(), pooling, x, y);
  }
  template <class T>
  static T over(const Node&, const T* x, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += x[i];
    return static_cast<T>(sum / static_cast<double>(count));
  }
};

struct Norm {
  template <class T>
  static void pool(KernelContext& context, const Pooling& pooling, const T* x, T* y) {
    pool_norm(context, pooling, x, y);
  }
  template <class T>
  static T over(const Node& node, const T* x, int64_t count) {
    const double p = static_cast<double>(int_attr(node, "p"));
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += std::pow(std::abs(static_cast<double>(x[i])), p);
    return static_cast<T>(std::pow(sum, 1 / p));
  }
};

struct Maximum {
  template <class T>
  static T over(const Node&, const T* x, int64_t count) {
    T best = least<T>();
    for (int64_t i = 0; i < count; ++i)
      if (x[i] > best || x[i] != x[i]) best = x[i];
    return best;
  }
};

void infer_global_pool(InferContext& context) {
  Shape shape = context.input_shape(0);
  if (shape.has_rank()) {
    if (shape.rank() < 2) context.fail("the input needs a batch and a channel axis");
    for (size_t i = 2; i < shape.rank(); ++i) shape[i] = 1;
  }
  context.set_output(0, context.input_dtype(0), shape);
}

template <class Pool>
void run_global_pool(KernelContext& context) {
  const Tensor& x = context.input(0);
  if (x.rank() < 2) context.fail("the input needs a batch and a channel axis");
  Dims dims = x.dims();
  int64_t length = 1;
  for (size_t i = 2; i < dims.size(); ++i) {
    length *= dims[i];
    dims[i] = 1;
  }
  Tensor& y = context.allocate(0, x.dtype(), dims);
  visit_types(
      context, x.dtype(),
      [&]<class T>(T) {
        const T* source = x.data<T>().data();
        T* target = y.mutable_data<T>().data();
        context.threads().parallel_for(y.size(), 1 + 32768 / (length + 1), [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i)
            target[i] = Pool::over(context.node(), source + i * length, length);
        });
      },
      FloatTypes());
}

OpDef global_pool(const char* name, KernelFn kernel) {
  return OpDef(name).infer(infer_global_pool).evaluate(kernel).widen_half();
}

}  // namespace

Dims average_pool(ThreadPool& threads, const Node& node, const Dims& dims, const std::vector<float>& x,
                  std::vector<float>& y) {
  const Pooling pooling = plan_pool(node, dims);
  y.resize(static_cast<size_t>(element_count(pooling.output)));
  pool_average(threads, node, pooling, x.data(), y.data());
  return pooling.output;
}

OpDefs pool_ops() {
  return {OpDef("MaxPool").infer(infer_pool).evaluate(run_max_pool).widen_half(),
          OpDef("AveragePool").infer(infer_pool).evaluate(run_pool<Average>).widen_half(),
          OpDef("LpPool").infer(infer_pool).evaluate(run_pool<Norm>).widen_half(),
          global_pool("GlobalAveragePool", run_global_pool<Average>),
          global_pool("GlobalMaxPool", run_global_pool<Maximum>),
          global_pool("GlobalLpPool", run_global_pool<Norm>)};
}

}  // namespace modelconv
