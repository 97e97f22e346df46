// Lookup tables whose contents are known: comparisons with all keys, in standard operators. The reader puts the keys and
// the values in the place of the table; without them the table itself is still there.
#include "formats/common/lookup.h"
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void refuse_unknown(const Translation& t) {
  t.refuse(
      "what the table holds is not in the graph: convert the SavedModel folder, or cut behind it with "
      "inputs=");
}

void raise_find(Translation& t) {
  if (t.input_count() != 4 || !t.required(0).is_constant()) refuse_unknown(t);
  raise_lookup(t);
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
