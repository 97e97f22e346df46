// Files that hold weights and no graph: named tensors, in order, with what else the file says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/model.h"

namespace modelconv {

class WeightList {
 public:
  void add(const std::string& name, Tensor tensor);  // a name that is there already gets a suffix
  void note(std::string text) { model_.notes.push_back(std::move(text)); }
  void describe(const std::string& key, std::string value);  // metadata: "epoch" = "12"
  // Only what stands below `part`, without it in front of the names. BadArgument naming the parts when there is none.
  void keep_part(const std::string& part);
  size_t size() const { return model_.graph->constants().size(); }
  // A model that has constants and neither inputs, nodes nor outputs.
  Model take() { return std::move(model_); }

 private:
  Model model_;
};

// Whether a model is weights alone.
bool holds_weights_only(const Graph& graph);

// "a" and "b" give "a.b", "" and "b" give "b": how the names of nested containers are joined.
std::string dotted(std::string_view outer, std::string_view inner);

// A tensor of any strides (in elements) over `storage`, beginning at element `offset`: a view where the elements lie in
// order without gaps, a copy otherwise. MalformedModelError when it reaches outside of the storage, has negative sizes or
// strides, or would repeat the storage's elements out of proportion.
Tensor strided_tensor(DType dtype, Dims dims, const std::vector<int64_t>& strides, int64_t offset,
                      Bytes storage, const std::shared_ptr<const void>& keep_alive);

// The strides of column-major order: NumPy's "fortran_order".
std::vector<int64_t> column_major_strides(const Dims& dims);

}  // namespace modelconv
