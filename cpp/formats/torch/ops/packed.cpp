#include "formats/torch/ops/packed.h"

#include "formats/torch/ops/all_ops.h"

namespace modelconv::torch {
namespace {

// bool [steps, batch], of the two as columns.
Term grid(const Term& step, const Term& sequence) { return unsqueeze(step, {1}) < unsqueeze(sequence, {0}); }

}  // namespace

Packing::Packing(const Term& batch_sizes)
    : is_there_(unsqueeze(range(slice(batch_sizes, 0, 0, 1)), {0}) < unsqueeze(batch_sizes, {1})) {}

Packing Packing::of_lengths(const Term& lengths) {
  return Packing(grid(range(reduce("ReduceMax", lengths, {0}, true)), lengths), 0);
}

Term Packing::lengths() const { return reduce("ReduceSum", cast(is_there_, DType::int32), {0}); }

Term Packing::batch_sizes() const { return reduce("ReduceSum", cast(is_there_, DType::int64), {1}); }

Term Packing::places() const { return transpose(compute("NonZero", {is_there_}), {1, 0}); }

Term Packing::pack(const Term& x) const { return gather_nd(x, places()); }

Term Packing::unpack(const Term& data, double padding) const {
  const Term shape = concat({shape_of(is_there_), shape_from(data, 1)}, 0);
  return scatter_nd(filled(shape, data.dtype(), padding), places(), data, "none");
}

namespace {

void raise_pack(Translation& t) {
  const Call call(t, "input, lengths, batch_first:bool");
  const Term x = tensor(call, "input");
  const Packing packing = Packing::of_lengths(cast(tensor(call, "lengths"), DType::int64));
  const Term by_time = call.flag("batch_first") ? swap_axes(x, 0, 1) : x;
  give(packing.pack(by_time));
  give(packing.batch_sizes(), 1);
}

void raise_pad(Translation& t) {
  const Call call(t, "data, batch_sizes, batch_first:bool, padding_value:number, total_length:int");
  const double padding = call.number("padding_value");
  const Packing packing(cast(tensor(call, "batch_sizes"), DType::int64));
  Term padded = packing.unpack(tensor(call, "data"), padding);
  if (const int64_t total = call.integer("total_length"); total > 0) {
    const Term missing = static_cast<double>(total) - size_of(padded, 0);
    const Term pads = concat({numbers(t, {0}), missing}, 0);
    padded = compute("Pad", {padded, pads, number(t, padded.dtype(), padding), numbers(t, {0})});
  }
  give(call.flag("batch_first") ? swap_axes(padded, 0, 1) : padded);
  give(cast(packing.lengths(), DType::int64), 1);
}

}  // namespace

OpMappings packed_ops() {
  return {
      {"aten._pack_padded_sequence", "GatherND", raise_pack, nullptr, ""},
      {"aten._pad_packed_sequence", "ScatterND", raise_pad, nullptr, ""},
  };
}

}  // namespace modelconv::torch
