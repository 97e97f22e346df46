#include "formats/tensorflow/checkpoint.h"

#include "formats/tensorflow/types.h"
#include "wire/tensor_bundle.h"
#include "wire/tensor_bundle_path.h"

namespace modelconv::tensorflow {
namespace {

class BundleCheckpoint : public Checkpoint {
 public:
  explicit BundleCheckpoint(TensorBundle bundle) : bundle_(std::move(bundle)) {}

  bool has(std::string_view name) const override { return bundle_.has(name); }

  Tensor tensor(std::string_view name) const override {
    const TensorBundle::Tensor stored = bundle_.tensor(name);
    const DType dtype = dtype_from_number(stored.dtype);
    if (dtype == DType::string) return strings(name, stored.dims);
    ENSURE(dtype != DType::undefined, MalformedModelError, "the variable '{}' has the element type number {}",
           name, stored.dtype);
    return Tensor::view(dtype, stored.dims, stored.bytes, stored.keep_alive);
  }

  std::string describe() const override { return fmt::format("checkpoint '{}'", bundle_.prefix().string()); }

 private:
  Tensor strings(std::string_view name, const Dims& dims) const {
    const auto strings = bundle_.strings(name);
    ENSURE(static_cast<size_t>(element_count(dims)) == strings.size(), MalformedModelError,
           "the variable '{}' has {} strings for the shape {}", name, strings.size(), to_string(dims));
    Tensor tensor = Tensor::allocate(DType::string, dims);
    auto target = tensor.mutable_data<std::string>();
    for (size_t i = 0; i < target.size(); ++i) target[i] = strings[i];
    return tensor;
  }

  TensorBundle bundle_;
};

}  // namespace

std::unique_ptr<Checkpoint> open_checkpoint(const std::filesystem::path& path) {
  if (!find_checkpoint_prefix(path) && is_saved_slices(path)) return open_saved_slices(path);
  return std::make_unique<BundleCheckpoint>(TensorBundle::open(path));
}

std::string checkpoint_prefix(const std::filesystem::path& path) {
  return find_checkpoint_prefix(path).value_or(is_saved_slices(path) ? path.string() : "");
}

}  // namespace modelconv::tensorflow
