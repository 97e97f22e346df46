// Finding the format of a source or a target.
#include <algorithm>

#include "base/error.h"
#include "pipeline/all_formats.h"

namespace modelconv {
namespace fs = std::filesystem;

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

FileError no_such_file(const fs::path& path) {
  FileError error(fmt::format("'{}' does not exist", path.string()));
  std::vector<std::string> names;
  std::error_code ignored;  // a folder that cannot be listed gives no suggestions
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    names.push_back(entry.path().filename().string());
  const std::vector<std::string> near = nearest_names(path.filename().string(), names);
  if (!near.empty()) error.hint("did you mean " + joined(near) + "?");
  return error;
}

// Some models are several files, called by what their names have in common: "model.ckpt" for "model.ckpt.index".
bool is_shared_prefix(const fs::path& path) {
  std::error_code problem;
  for (const char* suffix : {".meta", ".index"})
    if (fs::is_regular_file(path.string() + suffix, problem)) return true;
  return false;
}

bool has_suffix(const Format& format, const fs::path& path) {
  std::string suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return std::find(format.suffixes.begin(), format.suffixes.end(), suffix) != format.suffixes.end();
}

std::vector<std::string> readable_names() {
  std::vector<std::string> names;
  for (const Format* format : all_formats())
    if (format->read) names.push_back(format->name);
  return names;
}

}  // namespace

const Format& format_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Format* format : all_formats()) {
    if (format->name == name) return *format;
    names.push_back(format->name);
  }
  BadArgument error(fmt::format("there is no format '{}'", name));
  const std::vector<std::string> near = nearest_names(name, names);
  error.hint(near.empty() ? "the formats are " + joined(names) : "did you mean " + joined(near) + "?");
  throw error;
}

Source open_source(const fs::path& path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  if (status.type() == fs::file_type::not_found) {
    if (!is_shared_prefix(path)) throw no_such_file(path);
    return {path, false, {}, nullptr};
  }
  if (status.type() == fs::file_type::directory) return {path, true, {}, nullptr};
  auto file = MappedFile::open(path);
  const Bytes bytes = file->bytes();
  return {path, false, bytes, std::move(file)};
}

const Format& detect_format(const Source& source) {
  for (const Format* format : all_formats())
    if (format->read && format->recognises && format->recognises(source)) return *format;
  // By suffix: the reader then says what is wrong with the contents.
  if (!source.is_folder && !source.bytes.empty())
    for (const Format* format : all_formats())
      if (format->read && has_suffix(*format, source.path)) return *format;
  const char* why = source.is_folder       ? "it holds no saved_model.pb or other file that names a model"
                    : source.bytes.empty() ? "it is empty"
                                           : "neither its first bytes nor its suffix are of a known format";
  throw UnknownFormatError(fmt::format("{} is not a model in any format that can be read", source.describe()))
      .because(why)
      .hint("the formats are " + joined(readable_names()) + "; name one with source_format= or --from");
}

const Format& format_for_target(const fs::path& target, const std::string& format_name) {
  std::vector<std::string> suffixes;
  std::error_code problem;  // then it is no folder
  const bool is_folder = !target.has_extension() || fs::is_directory(target, problem);
  if (format_name.empty() && is_folder) return format_named("saved_model");
  for (const Format* format : all_formats()) {
    if (!format->write) continue;
    if (format_name.empty() ? has_suffix(*format, target) : format->name == format_name) return *format;
    suffixes.insert(suffixes.end(), format->suffixes.begin(), format->suffixes.end());
  }
  if (!format_name.empty()) {
    const Format& known = format_named(format_name);
    throw UnknownFormatError(fmt::format("{} can be read but not written", known.name));
  }
  throw UnknownFormatError(
      fmt::format("the suffix of '{}' names no format that can be written", target.string()))
      .hint("use one of " + joined(suffixes) + ", or name the format with target_format= or --to");
}

}  // namespace modelconv
