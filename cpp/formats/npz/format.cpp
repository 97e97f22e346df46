#include "formats/npz/format.h"

#include <optional>

#include "base/error.h"
#include "base/utf8.h"
#include "formats/common/pickled_state.h"
#include "formats/npz/npy_header.h"
#include "wire/zip.h"

namespace modelconv {
namespace npz {
namespace {

constexpr std::string_view kSuffix = ".npy";

bool is_archive(const ZipArchive& archive) {
  for (const ZipEntry& entry : archive.entries())
    if (!entry.name.ends_with(kSuffix)) return false;
  return !archive.entries().empty();
}

bool recognises(const Source& source) {
  if (looks_like_npy(source.bytes)) return true;
  if (!looks_like_zip(source.bytes)) return false;
  try {
    return is_archive(ZipArchive(source.bytes));
  } catch (const MalformedModelError&) {
    return false;
  }
}

// An array of numbers is one tensor; objects are lists, dicts and arrays in a pickle, as TensorLayer's `params`.
void read_array(const std::string& name, Bytes bytes, const std::shared_ptr<const void>& keep_alive,
                WeightList& weights) {
  const NpyHeader header = read_npy_header(bytes);
  const Bytes contents = bytes.subspan(header.size);
  if (header.dtype.find('O') == std::string::npos)
    return weights.add(
        name, numpy_elements(header.dtype, header.dims, header.is_column_major, contents, keep_alive));
  ByteCursor cursor(contents, "pickle");
  const Pickle pickle(cursor, is_state_global);
  flatten_state(pickle.root(), name, nullptr, keep_alive, weights);
}

// Texts, dates and records among the arrays are no weights: they are noted, unless there is nothing else.
void read_archive(const Source& source, WeightList& weights) {
  const ZipArchive archive(source.bytes);
  std::optional<UnknownFormatError> left_out;
  for (const ZipEntry& entry : archive.entries()) {
    const std::string name = entry.name.substr(0, entry.name.rfind(kSuffix));
    const std::string place = fmt::format("array '{}'", name.substr(0, 200));
    try {
      const ZipContents contents = read_entry(entry);
      read_array(name, contents.bytes, contents.owner ? contents.owner : source.keep_alive, weights);
    } catch (UnknownFormatError& error) {
      weights.note(valid_utf8(fmt::format("{} is left out: {}", place, error.message())));
      if (!left_out) left_out = error.in(place);
    } catch (Error& error) {
      error.in(place);
      throw;
    }
  }
  if (left_out && weights.size() == 0) throw *left_out;
}

Model read(const ReadRequest& request) {
  std::string part;
  for (const auto& [name, value] : request.options) {
    ENSURE(name == "part", BadArgument, "reading NumPy files has no option '{}', only 'part'", name);
    part = value;
  }
  WeightList weights;
  if (looks_like_npy(request.source.bytes))
    read_array("", request.source.bytes, request.source.keep_alive, weights);
  else
    read_archive(request.source, weights);
  if (!part.empty()) weights.keep_part(part);
  ENSURE(weights.size() > 0, MalformedModelError, "the file holds no arrays of numbers");
  return weights.take();
}

}  // namespace
}  // namespace npz

const Format& npz_format() {
  static const Format format = [] {
    Format numpy;
    numpy.name = "npz";
    numpy.description = "NumPy arrays, TensorLayer's files among them (weights only)";
    numpy.suffixes = {".npz", ".npy"};
    numpy.recognises = npz::recognises;
    numpy.read = npz::read;
    return numpy;
  }();
  return format;
}

}  // namespace modelconv
