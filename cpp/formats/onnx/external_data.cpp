#include "formats/onnx/external_data.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/utf8.h"

namespace modelconv::onnx {
namespace {

namespace fs = std::filesystem;

size_t parse_size(const TensorMessage& tensor, Text key, Text text) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  ENSURE(error == std::errc() && end == text.data() + text.size(), MalformedModelError,
         "tensor '{}': {} of its external data is '{}', not a number", tensor.name, key, valid_utf8(text));
  return value;
}

bool is_inside(const fs::path& path, const fs::path& folder) {
  const auto [in_folder, in_path] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return in_folder == folder.end();
}

}  // namespace

std::shared_ptr<const MappedFile> ExternalFiles::open(const std::string& location) {
  if (const auto known = files_.find(location); known != files_.end()) return known->second;
  const auto refuse = [&](const char* why) {
    return MalformedModelError(fmt::format("external data '{}' cannot be read", valid_utf8(location)))
        .because(why);
  };
  if (folder_.empty()) {
    throw refuse("the model was given as bytes, so that there is no folder to look in")
        .hint("give the path of the model file");
  }
  const fs::path relative(location);
  const bool climbs = std::find(relative.begin(), relative.end(), "..") != relative.end();
  if (location.empty() || location.find('\0') != std::string::npos || relative.is_absolute() || climbs)
    throw refuse("only files in the model's own folder are read").hint("put the file beside the model");
  std::error_code error;
  const fs::path folder = fs::canonical(folder_, error);
  const fs::path target = error ? fs::path() : fs::canonical(folder / relative, error);
  if (error) throw refuse(error.message().c_str()).hint("the file belongs beside the model");
  if (!is_inside(target, folder)) throw refuse("it is a link that leads out of the model's folder");
  return files_[location] = MappedFile::open(target);
}

Tensor ExternalFiles::read(const TensorMessage& message, DType dtype, Dims dims, size_t nbytes) {
  std::string location;
  size_t offset = 0, length = nbytes;
  for (const auto& [key, value] : message.external_data) {
    if (key == "location") location = value;
    if (key == "offset") offset = parse_size(message, key, value);
    if (key == "length") length = parse_size(message, key, value);
  }
  ENSURE(length == nbytes, MalformedModelError,
         "tensor '{}': its external data has {} bytes, its shape asks for {}", message.name, length, nbytes);
  if (nbytes == 0) return Tensor::allocate(dtype, std::move(dims));
  const auto file = open(location);
  const size_t size = file->bytes().size();
  ENSURE(offset <= size && nbytes <= size - offset, MalformedModelError,
         "tensor '{}': bytes {} to {} of '{}' are asked for, the file has {}", message.name, offset,
         static_cast<double>(offset) + static_cast<double>(nbytes), location, size);
  return Tensor::view(dtype, std::move(dims), file->bytes().subspan(offset, nbytes), file);
}

}  // namespace modelconv::onnx
