// Lookup tables whose contents are known: comparisons with all keys, in standard operators. The reader puts the keys and
// the values in the place of the table; without them the table itself is still there.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void refuse_unknown(const Translation& t) {
  t.refuse(
      "what the table holds is not in the graph: convert the SavedModel folder, or cut behind it with "
      "inputs=");
}

bool counts_from_zero(const Tensor& keys) {
  if (!is_integer(keys.dtype())) return false;
  const auto values = keys.to_int64();
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != static_cast<int64_t>(i)) return false;
  return !values.empty();
}

// Inputs: keys [n], values [n], what is looked up, and the value for what is not there.
void raise_find(Translation& t) {
  if (t.input_count() != 4 || !t.required(0).is_constant()) refuse_unknown(t);
  const Tensor& keys = t.required(0).constant();
  const Term values = input(t, 1), wanted = input(t, 2), fallback = input(t, 3);
  if (t.rank_of(values.value()) != 1)
    t.refuse("its values are tensors of rank {}", t.rank_of(values.value()) - 1);
  if (keys.size() == 0) return set_output(t, 0, expand(fallback, shape_of(wanted)));
  if (counts_from_zero(keys)) {
    const Term index = cast(wanted, DType::int64),
               last = number(t, DType::int64, static_cast<double>(keys.size() - 1));
    const Term is_there = both(number(t, DType::int64, 0) <= index, index <= last);
    return set_output(t, 0, where(is_there, gather(values, where(is_there, index, 0.0)), fallback));
  }
  const Term hits = cast(equal(unsqueeze(wanted, {-1}), input(t, 0)), DType::int32);
  const Term is_there = cast(reduce("ReduceMax", hits, {-1}), DType::boolean);
  const Term place = compute("ArgMax", {hits}, {{"axis", int64_t{-1}}, {"keepdims", int64_t{0}}});
  set_output(t, 0, where(is_there, gather(values, place), fallback));
}

void raise_size(Translation& t) {
  if (t.input_count() != 2 || !t.required(0).is_constant()) refuse_unknown(t);
  set_output(t, 0, number(t, DType::int64, static_cast<double>(t.required(0).constant().size())));
}

void raise_table(Translation& t) { refuse_unknown(t); }

}  // namespace

OpMappings table_ops() {
  const std::string note = "contents in the graph or in a SavedModel's assets";
  OpMappings rows;
  for (const char* name : {"LookupTableFind", "LookupTableFindV2"})
    rows.push_back({OpName("tf", name), "Where", raise_find, nullptr, note});
  for (const char* name : {"LookupTableSize", "LookupTableSizeV2"})
    rows.push_back({OpName("tf", name), "Constant", raise_size, nullptr, note});
  for (const char* name : {"HashTable", "HashTableV2", "MutableHashTable", "MutableHashTableV2"})
    rows.push_back({OpName("tf", name), OpName(), raise_table, nullptr, note});
  return rows;
}

}  // namespace modelconv::tensorflow
