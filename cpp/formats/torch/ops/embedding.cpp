// Rows of tables, alone and in bags.
#include <limits>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

void raise_embedding(Translation& t) {
  const Call call(t, "weight, indices, padding_idx:int=-1, scale_grad_by_freq:bool=false, sparse:bool=false");
  give(gather(tensor(call, "weight"), tensor(call, "indices")));
}

// Rows that are used and longer than max_norm get that length. Source: aten/src/ATen/native/Embedding.cpp.
void raise_renorm(Translation& t) {
  const Call call(t, "self, indices, max_norm:number, norm_type:number");
  const double power = call.number("norm_type"), most = call.number("max_norm");
  if (power != 1 && power != 2) t.refuse("a norm of order {} is not supported", power);
  const Term table = tensor(call, "self");
  const Term places = reshape(cast(tensor(call, "indices"), DType::int64), {-1, 1});
  const Term rows = gather(table, squeeze(places, {1}));
  const Term norm = reduce(power == 2 ? "ReduceL2" : "ReduceL1", rows, {1}, true);
  const Term limit = number(t, norm.dtype(), most);
  const Term shortened = where(limit < norm, rows * (limit / (norm + 1e-7)), rows);
  give(scatter_nd(table, places, shortened, "none"));
}

// --- bags: bag b has the indices from offsets[b] to offsets[b + 1]

struct Bags {
  Term total;         // int64 [1]: of the indices; those behind the last bag's end are in no bag
  Term first, count;  // int64 [bags]
  Term ids;           // int64 [indices, 1]: the bag of each
};

Bags bags_of(const Call& call, const Term& indices) {
  Translation& t = call.translation();
  const Term offsets = cast(tensor(call, "offsets"), DType::int64);
  const bool has_end = call.flag("include_last_offset");
  const Term total = has_end ? slice(offsets, 0, -1, kEnd) : shape_of(indices);
  const Term first = has_end ? slice(offsets, 0, 0, -1) : offsets;
  const Term end = concat({slice(first, 0, 1, kEnd), total}, 0);
  // Each bag's beginning counts one up; empty bags begin where the next one does.
  const Term none = filled(total + 1.0, DType::int64, 0);
  const Term begins =
      scatter_nd(none, unsqueeze(first, {1}), filled(shape_of(first), DType::int64, 1), "add");
  const Term ids = slice(cumulative_sum(begins, 0), 0, numbers(t, {0}), total) - 1.0;
  return {total, first, end - first, unsqueeze(ids, {1})};
}

// The entries that count: all but those of padding_idx.
struct Counted {
  std::optional<Term> mask;  // bool [indices, 1]
  Term count;                // int64 [bags]
};
Counted counted_of(const Call& call, const Term& indices, const Bags& bags) {
  if (!call.has("padding_idx") || call.integer("padding_idx") < 0) return {std::nullopt, bags.count};
  const Term mask = negated(equal(indices, static_cast<double>(call.integer("padding_idx"))));
  const Term none = filled(shape_of(bags.first), DType::int64, 0);
  return {unsqueeze(mask, {1}), scatter_nd(none, bags.ids, cast(mask, DType::int64), "add")};
}

enum Mode : int64_t { kSum, kMean, kMax };  // aten/src/ATen/native/EmbeddingBag.cpp

void raise_embedding_bag(Translation& t) {
  const Call call(t,
                  "weight, indices, offsets, scale_grad_by_freq:bool=false, mode:int=0, sparse:bool=false, "
                  "per_sample_weights=None, include_last_offset:bool=false, padding_idx:int=None");
  for (size_t i = 1; i < 4; ++i)
    if (t.wants_output(i)) t.refuse("its result {} is used, which only gradients need", i);
  const Term weight = tensor(call, "weight"), all = cast(tensor(call, "indices"), DType::int64);
  const Bags bags = bags_of(call, all);
  const auto in_bags = [&](const Term& x) { return slice(x, 0, numbers(t, {0}), bags.total); };
  const Term indices = call.flag("include_last_offset") ? in_bags(all) : all;
  const Counted counted = counted_of(call, indices, bags);
  Term rows = gather(weight, indices);
  if (call.has("per_sample_weights"))
    rows = rows * unsqueeze(in_bags(tensor(call, "per_sample_weights")), {1});
  const Term shape = concat({shape_of(bags.first), size_of(weight, 1)}, 0);
  const int64_t mode = call.integer("mode");
  const double lowest = -std::numeric_limits<double>::infinity();
  if (counted.mask) rows = where(*counted.mask, rows, mode == kMax ? lowest : 0.0);
  const Term count = unsqueeze(counted.count, {1});
  if (mode == kMax) {
    const Term most = scatter_nd(filled(shape, weight.dtype(), lowest), bags.ids, rows, "max");
    return give(where(equal(count, 0), number(t, weight.dtype(), 0), most));
  }
  const Term sum = scatter_nd(filled(shape, weight.dtype(), 0), bags.ids, rows, "add");
  if (mode == kSum) return give(sum);
  give(sum / cast(maximum(count, numbers(t, {1})), weight.dtype()));
}

}  // namespace

OpMappings embedding_ops() {
  return {
      {"aten._embedding_bag", "ScatterND", raise_embedding_bag, nullptr, "first result"},
      {"aten._embedding_bag_forward_only", "ScatterND", raise_embedding_bag, nullptr, "first result"},
      {"aten.embedding", "Gather", raise_embedding, nullptr, ""},
      {"aten.embedding_bag", "ScatterND", raise_embedding_bag, nullptr, "first result"},
      {"aten.embedding_renorm", "ScatterND", raise_renorm, nullptr, "norms of order 1 and 2"},
  };
}

}  // namespace modelconv::torch
