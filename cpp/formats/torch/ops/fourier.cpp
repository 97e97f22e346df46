// Fourier transforms, of whole tensors and of windows.
#include "formats/common/fourier.h"

#include <cmath>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"

namespace modelconv::torch {
namespace {

// How results are scaled: "backward" the inverse by 1/n (as ONNX does), "forward" the other one, "ortho" both by 1/sqrt(n).
enum class Scaling { backward, ortho, forward };

Scaling scaling_named(const Call& call, const std::string& name) {
  if (name.empty() || name == "backward") return Scaling::backward;
  if (name == "ortho") return Scaling::ortho;
  if (name == "forward") return Scaling::forward;
  call.translation().refuse("there is no norm '{}'", name);
}

// `count` (int64 [1]): how many elements were transformed together.
Term scaled(const Term& y, const Term& count, Scaling scaling, bool inverse) {
  if (scaling == Scaling::backward) return y;
  const Term n = cast(count, y.dtype());
  const Term factor = scaling == Scaling::ortho ? compute("Sqrt", {n}) : n;
  return inverse ? y * factor : y / factor;
}

struct Plan {
  std::vector<int64_t> axes;  // the last one is the halved one
  std::vector<Term> lengths;  // int64 [1] each; as many as axes, or none: as the tensor is
  Scaling scaling;
};

// The operator wants an axis for the batch.
Term with_batch(const Term& x) { return x.rank() == 2 ? unsqueeze(x, {0}) : x; }
Term without_batch(const Term& y, const Term& x) { return x.rank() == 2 ? squeeze(y, {0}) : y; }

enum class Kind { complex_to_complex, real_to_half, real_to_complex, half_to_real };

Term transformed(const Term& given, const Plan& plan, Kind kind, bool inverse) {
  Translation& t = given.translation();
  const bool is_real = !holds_complex(given.value());
  const Term wide = {t, as_float(t, given.value())};
  const bool is_half = kind == Kind::half_to_real;  // of which the other half is made from both parts
  const Term x = !is_real  ? wide
                 : is_half ? complex_of(wide, filled(shape_of(wide), wide.dtype(), 0))
                           : unsqueeze(wide, {-1});
  const auto rank = static_cast<int64_t>(x.rank());
  Term y = with_batch(x), count = numbers(t, {1});
  for (size_t i = plan.axes.size(); i-- > 0;) {
    const bool is_last = i + 1 == plan.axes.size();
    const int64_t axis = plan.axes[i] - rank;  // from the end, where the batch does not matter
    if (is_half && is_last) continue;
    const Term length =
        plan.lengths.empty() ? size_of(y, axis + static_cast<int64_t>(y.rank())) : plan.lengths[i];
    const Term scalar = squeeze(length, {0});
    count = count * length;
    y = transform(y, axis, plan.lengths.empty() ? nullptr : &scalar, inverse,
                  kind == Kind::real_to_half && is_last);
  }
  if (is_half) {
    const int64_t axis = plan.axes.back() - rank;
    count = count * plan.lengths.back();
    y = transform(complete_half(y, axis, plan.lengths.back()), axis, nullptr, true, false);
  }
  Term result = scaled(without_batch(y, x), count, plan.scaling, inverse);
  if (is_half) return real_part(result);
  mark_complex(result.value());
  return result;
}

void transform_all(const Term& given, const Plan& plan, Kind kind, bool inverse) {
  given.translation().set_output(0, transformed(given, plan, kind, inverse).value());
}

// --- torch.fft. The name says the rest: "fft_irfft2" is the inverse, of a half, of two axes.
// "fft_hfft" is "fft_irfft" of the conjugate, "fft_ihfft" the conjugate of "fft_rfft", each scaled as the other direction is.
struct Named {
  Kind kind = Kind::complex_to_complex;
  bool inverse = false, is_hermitian = false;
};

Named named(const std::string& name) {
  Named result;
  result.is_hermitian = name.find("hfft") != std::string::npos;
  result.inverse = (name[4] == 'i') != result.is_hermitian;
  if (result.is_hermitian || name.find("rfft") != std::string::npos)
    result.kind = result.inverse ? Kind::half_to_real : Kind::real_to_half;
  return result;
}

Scaling of_other_direction(Scaling scaling) {
  if (scaling == Scaling::ortho) return scaling;
  return scaling == Scaling::backward ? Scaling::forward : Scaling::backward;
}

Term conjugate(const Term& x) {
  return holds_complex(x.value()) ? complex_of(real_part(x), -imaginary_part(x)) : x;
}

void transform_named(const Term& x, Plan plan, const Named& name) {
  if (!name.is_hermitian) return transform_all(x, plan, name.kind, name.inverse);
  plan.scaling = of_other_direction(plan.scaling);
  if (name.inverse) return transform_all(conjugate(x), plan, name.kind, true);
  x.translation().set_output(0, conjugate(transformed(x, plan, name.kind, false)).value());
}

std::vector<Term> lengths_of(const Call& call, std::string_view name) {
  std::vector<Term> lengths;
  if (!call.has(name)) return lengths;
  for (Value* scalar : call.int_scalars(name)) lengths.push_back(reshape({call.translation(), *scalar}, {1}));
  return lengths;
}

// Without a length, a half of m numbers comes from 2 (m - 1).
void fill_half_length(Plan& plan, const Term& x) {
  if (!plan.lengths.empty()) return;
  for (const int64_t axis : plan.axes) plan.lengths.push_back(size_of(x, axis));
  plan.lengths.back() = (plan.lengths.back() - 1.0) * 2.0;
}

void raise_fft(Translation& t) {
  const Call call(t, "self, n:int=None, dim:int=-1, norm:text=None");
  const Term x = tensor(call, "self");
  const Named name = named(t.node().op().name());
  Plan plan{{call.axis("dim", axes_of(x))}, lengths_of(call, "n"), scaling_named(call, call.text("norm"))};
  if (name.kind == Kind::half_to_real) fill_half_length(plan, x);
  transform_named(x, plan, name);
}

void raise_fft_of_axes(Translation& t) {
  const Call call(t, "self, s:ints=None, dim:ints=None, norm:text=None");
  const Term x = tensor(call, "self");
  const std::string op = t.node().op().name();
  const Named name = named(op);
  Plan plan{call.axes("dim", axes_of(x)), lengths_of(call, "s"), scaling_named(call, call.text("norm"))};
  if (plan.axes.empty()) plan.axes = all_axes(axes_of(x));
  if (!call.has("dim") && op.ends_with("2")) plan.axes.erase(plan.axes.begin(), plan.axes.end() - 2);
  if (!call.has("dim") && !plan.lengths.empty())
    plan.axes.erase(plan.axes.begin(), plan.axes.end() - static_cast<int64_t>(plan.lengths.size()));
  if (name.kind == Kind::half_to_real) fill_half_length(plan, x);
  transform_named(x, plan, name);
}

// --- what torch.fft is made of. normalization: 0 none, 1 by the root, 2 by the count.
Scaling scaling_numbered(int64_t normalization, bool inverse) {
  if (normalization == 1) return Scaling::ortho;
  return (normalization == 2) == inverse ? Scaling::backward : Scaling::forward;
}

void raise_c2c(Translation& t) {
  const Call call(t, "self, dim:ints, normalization:int, forward:bool");
  const Term x = tensor(call, "self");
  const bool inverse = !call.flag("forward");
  transform_all(x,
                {call.axes("dim", axes_of(x)), {}, scaling_numbered(call.integer("normalization"), inverse)},
                Kind::complex_to_complex, inverse);
}

void raise_r2c(Translation& t) {
  const Call call(t, "self, dim:ints, normalization:int, onesided:bool");
  const Term x = tensor(call, "self");
  transform_all(x, {call.axes("dim", axes_of(x)), {}, scaling_numbered(call.integer("normalization"), false)},
                call.flag("onesided") ? Kind::real_to_half : Kind::real_to_complex, false);
}

void raise_c2r(Translation& t) {
  const Call call(t, "self, dim:ints, normalization:int, last_dim_size:int");
  const Term x = tensor(call, "self");
  Plan plan{call.axes("dim", axes_of(x)), {}, scaling_numbered(call.integer("normalization"), true)};
  for (const int64_t axis : plan.axes) plan.lengths.push_back(size_of(x, axis));
  plan.lengths.back() = index(call, "last_dim_size");
  transform_all(x, plan, Kind::half_to_real, true);
}

// --- frequencies and shifts
void raise_frequencies(Translation& t) {
  const Call call(t, "n:int, d:number=1.0, dtype:dtype=None");
  const DType dtype = call.dtype("dtype").value_or(DType::float32);
  const Term n = index(call, "n");
  const bool is_half = t.node().op().name() == "fft_rfftfreq";
  const Term i = range(is_half ? n / 2.0 + 1.0 : n);
  const Term order = is_half ? i : where(i < (n + 1.0) / 2.0, i, i - n);
  give(cast(cast(order, DType::float64) / (cast(n, DType::float64) * call.number("d")), dtype));
}

void raise_shift(Translation& t) {
  const Call call(t, "self, dim:ints=None");
  Term y = tensor(call, "self");
  const bool inverse = t.node().op().name() == "fft_ifftshift";
  for (const int64_t axis : call.has("dim") ? call.axes("dim", y.rank()) : all_axes(y.rank())) {
    const Term size = size_of(y, axis), split = inverse ? size / 2.0 : (size + 1.0) / 2.0;
    y = concat({slice(y, axis, split, numbers(t, {kEnd})), slice(y, axis, numbers(t, {0}), split)}, axis);
  }
  give(y);
}

// --- transforms of windows
struct Windows {
  int64_t length, step;
  Term window;  // [length]
};

Windows windows_of(const Call& call, DType dtype) {
  Translation& t = call.translation();
  const int64_t length = call.integer("n_fft");
  const int64_t step = call.has("hop_length") ? call.integer("hop_length") : length / 4;
  const int64_t width = call.has("win_length") ? call.integer("win_length") : length;
  Term window =
      call.has("window") ? cast(tensor(call, "window"), dtype) : filled(numbers(t, {width}), dtype, 1);
  const int64_t left = (length - width) / 2;
  if (width != length) window = compute("Pad", {window, numbers(t, {left, length - width - left})});
  return {length, step, window};
}

constexpr std::string_view kStft =
    "self, n_fft:int, hop_length:int=None, win_length:int=None, window=None, normalized:bool=false, "
    "onesided:bool=true, "
    "return_complex:bool=true, align_to_window:any=None";
constexpr std::string_view kCenteredStft =
    "self, n_fft:int, hop_length:int=None, win_length:int=None, window=None, center:bool=true, "
    "pad_mode:text=\"reflect\", "
    "normalized:bool=false, onesided:bool=true, return_complex:bool=true, align_to_window:any=None";

void raise_stft(Translation& t) {
  const Call call(t, {kStft, kCenteredStft});
  const Term given = tensor(call, "self");
  const Windows windows = windows_of(call, given.dtype());
  Term x = given.rank() == 1 ? unsqueeze(given, {0}) : given;  // [batch, length]
  if (call.form() == 1 && call.flag("center")) {
    const int64_t pad = windows.length / 2;
    const std::string mode = call.text("pad_mode");
    x = compute("Pad", {x, numbers(t, {0, pad, 0, pad})},
                {{"mode", mode == "replicate" ? std::string("edge") : mode}});
  }
  const Term length = number(t, DType::int64, static_cast<double>(windows.length));
  const Term step = number(t, DType::int64, static_cast<double>(windows.step));
  const bool onesided = !call.has("onesided") || call.flag("onesided");
  Term y =
      compute("STFT", {unsqueeze(x, {-1}), step, windows.window, length}, {{"onesided", int64_t{onesided}}});
  y = transpose(y, {0, 2, 1, 3});  // [batch, frequency, time, 2]
  if (call.flag("normalized")) y = y / std::sqrt(static_cast<double>(windows.length));
  if (given.rank() == 1) y = squeeze(y, {0});
  if (!call.has("return_complex") || call.flag("return_complex")) mark_complex(y.value());
  t.set_output(0, y.value());
}

// Windows [batch, length, time] added up where they overlap: [batch, samples].
Term overlapped(const Term& frames, const Windows& windows) {
  Translation& t = frames.translation();
  const Term square = filled(numbers(t, {windows.length, windows.length}), frames.dtype(), 0);
  const Term weight =
      unsqueeze(compute("EyeLike", {square}), {1});  // every row of the window at its own place
  return squeeze(
      compute("ConvTranspose", {frames, weight}, {{"strides", std::vector<int64_t>{windows.step}}}), {1});
}

void raise_istft(Translation& t) {
  const Call call(t,
                  "self, n_fft:int, hop_length:int=None, win_length:int=None, window=None, center:bool=true, "
                  "normalized:bool=false, onesided:bool=true, length:int=None, return_complex:bool=false");
  const Term given = tensor(call, "self");
  if (call.flag("return_complex")) t.refuse("its result is complex");
  const Windows windows = windows_of(call, given.dtype());
  const Term x = axes_of(given) == 2 ? unsqueeze(given, {0}) : given;  // [batch, frequency, time, 2]
  Term frames = transpose(x, {0, 2, 1, 3});
  const bool onesided = !call.has("onesided") || call.flag("onesided");
  if (onesided) frames = complete_half(frames, -2, numbers(t, {windows.length}));
  frames = real_part(transform(frames, -2, nullptr, true, false));  // [batch, time, length]
  if (call.flag("normalized")) frames = frames * std::sqrt(static_cast<double>(windows.length));
  const Term sum = overlapped(transpose(frames * windows.window, {0, 2, 1}), windows);
  const Term ones = filled(concat({numbers(t, {1}), size_of(x, 2), numbers(t, {1})}, 0), x.dtype(), 1);
  const Term weight = overlapped(transpose(ones * (windows.window * windows.window), {0, 2, 1}), windows);
  const int64_t start = call.flag("center") ? windows.length / 2 : 0;
  Term end = call.flag("center") ? numbers(t, {start == 0 ? kEnd : -start}) : numbers(t, {kEnd});
  if (call.has("length")) end = index(call, "length") + static_cast<double>(start);
  const auto cut = [&](const Term& y) { return slice(y, 1, numbers(t, {start}), end); };
  const Term y = cut(sum) / cut(weight);
  t.set_output(0, (axes_of(given) == 2 ? squeeze(y, {0}) : y).value());
}

}  // namespace

OpMappings fourier_ops() {
  const std::string note = "complex tensors as real ones with a last axis of 2";
  OpMappings rows = {
      {"aten._fft_c2c", "DFT", raise_c2c, nullptr, note}, {"aten._fft_c2r", "DFT", raise_c2r, nullptr, note},
      {"aten._fft_r2c", "DFT", raise_r2c, nullptr, note}, {"aten.istft", "DFT", raise_istft, nullptr, note},
      {"aten.stft", "STFT", raise_stft, nullptr, note},
  };
  for (const char* name : {"aten.fft_fft", "aten.fft_hfft", "aten.fft_ifft", "aten.fft_ihfft",
                           "aten.fft_irfft", "aten.fft_rfft"})
    rows.push_back({name, "DFT", raise_fft, nullptr, note});
  for (const char* name : {"aten.fft_fft2", "aten.fft_fftn", "aten.fft_hfft2", "aten.fft_hfftn",
                           "aten.fft_ifft2", "aten.fft_ifftn", "aten.fft_ihfft2", "aten.fft_ihfftn",
                           "aten.fft_irfft2", "aten.fft_irfftn", "aten.fft_rfft2", "aten.fft_rfftn"})
    rows.push_back({name, "DFT", raise_fft_of_axes, nullptr, note});
  for (const char* name : {"aten.fft_fftfreq", "aten.fft_rfftfreq"})
    rows.push_back({name, "Range", raise_frequencies, nullptr, ""});
  for (const char* name : {"aten.fft_fftshift", "aten.fft_ifftshift"})
    rows.push_back({name, "Concat", raise_shift, nullptr, ""});
  return rows;
}

}  // namespace modelconv::torch
