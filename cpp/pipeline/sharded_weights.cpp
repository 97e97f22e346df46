#include "pipeline/sharded_weights.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "formats/common/weights.h"
#include "pipeline/all_formats.h"
#include "pipeline/convert.h"
#include "wire/byte_cursor.h"

namespace modelconv {
namespace {

using Json = nlohmann::json;

constexpr size_t kLongestIndex = 100'000'000;

bool recognises(const Source& source) {
  const std::string_view text = as_text(source.bytes);
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || text[start] != '{' || text.size() > kLongestIndex) return false;
  return text.find("\"weight_map\"") != std::string_view::npos;
}

Json parse(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& problem) {
    throw MalformedModelError("the index is not valid JSON").because(problem.what());
  }
}

// Name of a weight -> file. A file elsewhere than beside the index is refused.
std::map<std::string, std::string> weight_map(const Json& index) {
  ENSURE(index.is_object() && index.contains("weight_map") && index["weight_map"].is_object(),
         MalformedModelError, "the index has no 'weight_map'");
  std::map<std::string, std::string> files;
  for (const auto& [name, file] : index["weight_map"].items()) {
    ENSURE(file.is_string(), MalformedModelError, "the index names no file for '{}'", name);
    const std::filesystem::path path(file.get<std::string>());
    ENSURE(!path.empty() && path == path.filename() && path != "..", MalformedModelError,
           "the index puts '{}' into '{}', which is not beside it", name, path.string());
    files[name] = path.string();
  }
  return files;
}

// The index lists the weights; what else the files hold is not taken.
Model read(const ReadRequest& request) {
  for (const auto& [name, value] : request.options)
    throw BadArgument(fmt::format("reading an index of weights has no option '{}'", name));
  const std::filesystem::path& path = request.source.path;
  ENSURE(!path.empty(), BadArgument, "an index of weights is read from a file: the weights stand beside it");
  const std::map<std::string, std::string> files = weight_map(parse(as_text(request.source.bytes)));
  std::set<std::string> names;
  for (const auto& [name, file] : files) names.insert(file);
  WeightList weights;
  std::set<std::string> found;
  for (const std::string& file : names) {
    const std::filesystem::path place = path.parent_path() / file;
    const Format& format = detect_format(open_source(place));
    ENSURE(holds_weights(format) && &format != &sharded_weights_format(), MalformedModelError,
           "'{}' is a {} file, no weights", file, format.name);
    LoadOptions options;
    options.progress = request.progress;
    const Model part = load_model(place, options);
    for (const auto& constant : part.graph->constants()) {
      const auto wanted = files.find(constant->name());
      if (wanted == files.end() || wanted->second != file) continue;
      found.insert(constant->name());
      weights.add(constant->name(), constant->constant());
    }
  }
  for (const auto& [name, file] : files)
    ENSURE(found.contains(name), MalformedModelError, "the index puts '{}' into '{}', which does not hold it",
           name, file);
  return weights.take();
}

}  // namespace

const Format& sharded_weights_format() {
  static const Format format = [] {
    Format sharded;
    sharded.name = "sharded_weights";
    sharded.description = "index of weights in several files (weights only)";
    sharded.suffixes = {".json"};
    sharded.recognises = recognises;
    sharded.read = read;
    return sharded;
  }();
  return format;
}

}  // namespace modelconv
