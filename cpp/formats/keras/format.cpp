// The files are decoded by python/modelconv/sources/keras_*.py, HDF5 with wire/hdf5, into a graph of operators
// "keras.X"; this folder recognises the files and raises that graph (docs/decisions/0009).
#include "formats/keras/format.h"

#include <algorithm>
#include <string_view>

#include "formats/common/mapping.h"
#include "formats/keras/ops/all_ops.h"

namespace modelconv {
namespace keras {
namespace {

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// The signature stands at byte 0, or behind a user block of 512, 1024, 2048, ... bytes (HDF5 file format specification).
bool looks_like_hdf5(std::string_view file) {
  constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);
  if (file.starts_with(kSignature)) return true;
  for (size_t at = 512; at + kSignature.size() <= file.size() && at <= (size_t{1} << 24); at *= 2)
    if (file.substr(at, kSignature.size()) == kSignature) return true;
  return false;
}

// The names of an archive's members stand uncompressed in its directory, at its end.
bool looks_like_archive(std::string_view file) {
  if (!file.starts_with("PK\x03\x04")) return false;
  const std::string_view directory = file.substr(file.size() - std::min<size_t>(file.size(), 65536));
  return directory.find("config.json") != std::string_view::npos &&
         directory.find("model.weights.") != std::string_view::npos;
}

bool looks_like_architecture(std::string_view file) {
  const size_t start = file.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || file[start] != '{') return false;
  const std::string_view head = file.substr(start, 65536);
  return head.find("\"class_name\"") != std::string_view::npos &&
         head.find("\"config\"") != std::string_view::npos;
}

bool recognises(const Source& source) {
  if (source.is_folder) return false;
  const std::string_view file = text_of(source.bytes);
  return looks_like_hdf5(file) || looks_like_archive(file) || looks_like_architecture(file);
}

Model refuse_to_decode(const ReadRequest& request) {
  throw UnknownFormatError(fmt::format("{} is a Keras file", request.source.describe()))
      .because("its HDF5 part is decoded by the Python package")
      .hint("read it with modelconv.load() or modelconv.convert()");
}

void raise(Graph& graph, const CustomOps& custom_ops) {
  raise_graph(graph, op_mappings(), "reading Keras", custom_ops);
}

std::vector<OperatorCoverage> operators() { return coverage_of(op_mappings()); }

}  // namespace
}  // namespace keras

const Format& keras_format() {
  static const Format format = {"keras",
                                "Keras model (HDF5, .keras archive, JSON architecture with weights)",
                                {".h5", ".keras", ".hdf5"},
                                keras::recognises,
                                keras::refuse_to_decode,
                                nullptr,
                                keras::operators,
                                false,
                                keras::raise};
  return format;
}

}  // namespace modelconv
