// DFT and STFT. The last axis holds the real and the imaginary part, or the real part alone.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/fourier.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

constexpr int64_t kLongest = int64_t{1} << 28;

struct Direction {
  bool inverse, onesided;
  bool gives_real() const { return inverse && onesided; }
};

Direction read_direction(const Node& node) {
  return {optional_int(node, "inverse").value_or(0) != 0, int_attr(node, "onesided") != 0};
}

// Axis -2 unless input 2 says otherwise; the last axis is no signal axis.
template <class Context>
size_t signal_axis(const Context& context, int64_t axis, size_t rank) {
  if (rank < 2) context.fail("the input has {} axes", rank);
  const size_t found = normalize_axis(axis, rank);
  if (found + 1 == rank) context.fail("axis {} holds real and imaginary parts", axis);
  return found;
}

// --- DFT
int64_t default_length(const Direction& direction, int64_t size) {
  return direction.gives_real() ? 2 * (size - 1) : size;
}

int64_t output_bins(const Direction& direction, int64_t length) {
  return direction.onesided && !direction.inverse ? length / 2 + 1 : length;
}

// Reads one line of the input, zero-padded or cut to `length`; a one-sided spectrum is completed.
template <class T>
void read_line(const T* x, int64_t step, int64_t parts, int64_t available, const Direction& direction,
               std::vector<std::complex<double>>& line) {
  const auto length = static_cast<int64_t>(line.size());
  const int64_t wanted = direction.gives_real() ? length / 2 + 1 : length;
  std::fill(line.begin(), line.end(), 0);
  for (int64_t i = 0; i < std::min(available, wanted); ++i) {
    const T* element = x + i * step;
    line[static_cast<size_t>(i)] = {static_cast<double>(element[0]),
                                    parts == 2 ? static_cast<double>(element[1]) : 0.0};
  }
  if (!direction.gives_real()) return;
  for (int64_t i = 1; i < length - i; ++i)
    line[static_cast<size_t>(length - i)] = std::conj(line[static_cast<size_t>(i)]);
}

template <class T>
void transform_axis(KernelContext& context, size_t axis, int64_t length, const Direction& direction) {
  const Tensor& x = context.input(0);
  const Dims& dims = x.dims();
  const int64_t parts = dims.back(), bins = output_bins(direction, length),
                out_parts = direction.gives_real() ? 1 : 2;
  Dims result = dims;
  result[axis] = bins;
  result.back() = out_parts;
  const T* source = x.data<T>().data();
  T* target = context.allocate(0, x.dtype(), result).template mutable_data<T>().data();
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= dims[i];
  for (size_t i = axis + 1; i + 1 < dims.size(); ++i) inner *= dims[i];
  const FourierPlan plan(length);
  context.threads().parallel_for(outer * inner, 1 + 4096 / length, [&](int64_t begin, int64_t end) {
    std::vector<std::complex<double>> line(static_cast<size_t>(length));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t before = i / inner, after = i % inner;
      read_line(source + (before * dims[axis] * inner + after) * parts, inner * parts, parts, dims[axis],
                direction, line);
      plan.transform(line.data(), direction.inverse);
      T* out = target + (before * bins * inner + after) * out_parts;
      for (int64_t k = 0; k < bins; ++k, out += inner * out_parts) {
        out[0] = static_cast<T>(line[static_cast<size_t>(k)].real());
        if (out_parts == 2) out[1] = static_cast<T>(line[static_cast<size_t>(k)].imag());
      }
    }
  });
}

int64_t read_scalar(const KernelContext& context, size_t index) {
  if (context.input(index).size() != 1) context.fail("input {} must be a scalar", index);
  return context.input(index).to_int64()[0];
}

void run_dft(KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  const size_t axis = signal_axis(context, context.has_input(2) ? read_scalar(context, 2) : -2, dims.size());
  if (dims.back() != 1 && dims.back() != 2)
    context.fail("the last axis has {} elements, not 1 or 2", dims.back());
  const Direction direction = read_direction(context.node());
  const int64_t length =
      context.has_input(1) ? read_scalar(context, 1) : default_length(direction, dims[axis]);
  if (length < 1 || length > kLongest) context.fail("a transform of length {}", length);
  visit_types(
      context, context.input(0).dtype(),
      [&]<class T>(T) { transform_axis<T>(context, axis, length, direction); }, FloatTypes());
}

// An integer input of one element, or unknown.
Dim infer_scalar(const InferContext& context, size_t index) {
  const auto elements = context.elements(index);
  return elements && elements->size() == 1 ? elements->front() : Dim();
}

void infer_dft(InferContext& context) {
  Shape y = context.input_shape(0);
  const Direction direction = read_direction(context.node());
  const Dim axis = context.has_input(2) ? infer_scalar(context, 2) : Dim(-2);
  if (y.has_rank()) {
    if (!axis.is_known()) {
      y = Shape::of_rank(y.rank());
    } else {
      const size_t at = signal_axis(context, axis.value(), y.rank());
      Dim length = context.has_input(1)     ? infer_scalar(context, 1)
                   : direction.gives_real() ? (y[at] - Dim(1)) * Dim(2)
                                            : y[at];
      if (direction.onesided && !direction.inverse && !length.is_unknown())
        length = floor_div(length, 2) + Dim(1);
      y[at] = length;
    }
    if (y.rank() > 0) y[y.rank() - 1] = direction.gives_real() ? 1 : 2;
  }
  context.set_output(0, context.input_dtype(0), y);
}

// --- STFT
struct Frames {
  int64_t count, length, step, bins;
};

Frames plan_frames(const KernelContext& context) {
  const Dims& x = context.input(0).dims();
  if (x.size() != 3 && x.size() != 2) context.fail("the signal must be [batch, length, parts]");
  Frames frames{0, x[1], read_scalar(context, 1), 0};
  if (context.has_input(2)) {
    if (context.input(2).rank() != 1) context.fail("the window must have one axis");
    frames.length = context.input(2).size();
  }
  if (context.has_input(3)) {
    const int64_t given = read_scalar(context, 3);
    if (context.has_input(2) && given != frames.length)
      context.fail("frame_length {} and a window of {}", given, frames.length);
    frames.length = given;
  }
  if (frames.length < 1 || frames.length > kLongest || frames.step < 1 || frames.length > x[1])
    context.fail("frames of {} elements with a step of {}", frames.length, frames.step);
  frames.count = (x[1] - frames.length) / frames.step + 1;
  frames.bins = int_attr(context.node(), "onesided") != 0 ? frames.length / 2 + 1 : frames.length;
  return frames;
}

template <class T>
void transform_frames(KernelContext& context, const Frames& frames) {
  const Tensor& signal = context.input(0);
  const int64_t batches = signal.dims()[0], length = signal.dims()[1],
                parts = signal.rank() == 3 ? signal.dims()[2] : 1;
  const T* x = signal.data<T>().data();
  const T* window = context.has_input(2) ? context.input(2).data<T>().data() : nullptr;
  T* y = context.allocate(0, signal.dtype(), {batches, frames.count, frames.bins, 2})
             .template mutable_data<T>()
             .data();
  const FourierPlan plan(frames.length);
  context.threads().parallel_for(
      batches * frames.count, 1 + 4096 / frames.length, [&](int64_t begin, int64_t end) {
        std::vector<std::complex<double>> line(static_cast<size_t>(frames.length));
        for (int64_t i = begin; i < end; ++i) {
          const T* frame = x + (i / frames.count * length + i % frames.count * frames.step) * parts;
          for (int64_t k = 0; k < frames.length; ++k) {
            const double factor = window ? static_cast<double>(window[k]) : 1;
            line[static_cast<size_t>(k)] = {
                factor * static_cast<double>(frame[k * parts]),
                parts == 2 ? factor * static_cast<double>(frame[k * parts + 1]) : 0};
          }
          plan.transform(line.data(), false);
          T* out = y + i * frames.bins * 2;
          for (int64_t k = 0; k < frames.bins; ++k) {
            out[2 * k] = static_cast<T>(line[static_cast<size_t>(k)].real());
            out[2 * k + 1] = static_cast<T>(line[static_cast<size_t>(k)].imag());
          }
        }
      });
}

void run_stft(KernelContext& context) {
  const Frames frames = plan_frames(context);
  const Dims& x = context.input(0).dims();
  if (x.size() == 3 && x[2] != 1 && x[2] != 2)
    context.fail("the last axis has {} elements, not 1 or 2", x[2]);
  if (context.has_input(2) && context.input(2).dtype() != context.input(0).dtype())
    context.fail("a window of another type");
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { transform_frames<T>(context, frames); },
      FloatTypes());
}

void infer_stft(InferContext& context) {
  const Shape& x = context.input_shape(0);
  Dim batch, size, length, frames;
  if (x.has_rank() && x.rank() >= 2) batch = x[0], size = x[1];
  if (context.has_input(3)) {
    length = infer_scalar(context, 3);
  } else if (context.has_input(2)) {
    if (context.input_shape(2).has_rank() && context.input_shape(2).rank() == 1)
      length = context.input_shape(2)[0];
  } else {
    length = size;
  }
  const Dim step = infer_scalar(context, 1);
  if (step.is_known() && step.value() < 1) context.fail("a step of {}", step.value());
  const Dim room = size - length;
  if (!room.is_unknown() && !step.is_unknown()) frames = floor_div(room, step) + Dim(1);
  const bool onesided = int_attr(context.node(), "onesided") != 0;
  const Dim bins = onesided && !length.is_unknown() ? floor_div(length, 2) + Dim(1) : length;
  context.set_output(0, context.input_dtype(0), {batch, frames, bins, 2});
}

}  // namespace

OpDefs dft_ops() {
  return {OpDef("DFT").infer(infer_dft).evaluate(run_dft).widen_half(),
          OpDef("STFT").infer(infer_stft).evaluate(run_stft).widen_half()};
}

}  // namespace modelconv
