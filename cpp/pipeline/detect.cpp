// Finding the format of a source or a target.
#include <algorithm>

#include "base/error.h"
#include "pipeline/all_formats.h"
#include "pipeline/foreign.h"

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
  if (!near.empty()) return error.hint("did you mean " + joined(near) + "?");
  if (path.string().find("://") != std::string::npos)
    return error.hint("fetch it first: files are read, not addresses");
  return error;
}

// Some models are several files, called by what their names have in common: "model.ckpt" for "model.ckpt.index".
bool is_shared_prefix(const fs::path& path) {
  std::error_code problem;
  for (const char* suffix : {".meta", ".index"})
    if (fs::is_regular_file(path.string() + suffix, problem)) return true;
  return false;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool has_suffix(const Format& format, const fs::path& path) {
  const std::string suffix = lower_case(path.extension().string());
  return std::find(format.suffixes.begin(), format.suffixes.end(), suffix) != format.suffixes.end();
}

std::vector<std::string> readable_names() {
  std::vector<std::string> names;
  for (const Format* format : all_formats())
    if (format->read) names.push_back(format->name);
  return names;
}

const Format* format_by_suffix(const Source& source) {
  if (source.is_folder || source.bytes.empty()) return nullptr;
  for (const Format* format : all_formats())
    if (format->read && has_suffix(*format, source.path)) return format;
  return nullptr;
}

// "models/a.onnx" for a folder that holds models without being one.
std::vector<std::string> models_in(const fs::path& folder) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> found;
  std::error_code ignored;  // a folder that cannot be listed has none
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.is_regular_file(ignored))
      for (const Format* format : all_formats())
        if (format->read && has_suffix(*format, entry.path())) {
          found.push_back(fmt::format("'{}'", entry.path().string()));
          break;
        }
  std::sort(found.begin(), found.end());
  if (found.size() > kNamed) found.resize(kNamed);
  return found;
}

UnknownFormatError unknown_format(const Source& source) {
  UnknownFormatError error(
      fmt::format("{} is not a model in any format that can be read", source.describe()));
  if (source.is_folder) {
    error.because("it holds no saved_model.pb or other file that names a model");
    const std::vector<std::string> models = models_in(source.path);
    if (!models.empty()) return error.hint("one of its files, such as " + joined(models));
  } else if (source.bytes.empty()) {
    return error.because("it is empty").hint("fetch it again: something ended before it was written");
  } else {
    error.because("neither its first bytes nor its suffix are of a known format");
  }
  return error.hint("the formats are " + joined(readable_names()) +
                    "; name one with source_format= or --from");
}

}  // namespace

const Format& format_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Format* format : all_formats()) {
    if (format->name == name) return *format;
    names.push_back(format->name);
  }
  BadArgument error(fmt::format("there is no format '{}'", name));
  const std::vector<std::string> near = nearest_names(lower_case(name), names);
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
  if (path.filename() == "saved_model.pb")  // of a SavedModel, which is its folder
    return {path.has_parent_path() ? path.parent_path() : ".", true, {}, nullptr};
  auto file = MappedFile::open(path);
  const Bytes bytes = file->bytes();
  return {path, false, bytes, std::move(file)};
}

const Format* format_by_content(const Source& source) {
  for (const Format* format : all_formats())
    if (format->read && format->recognises && format->recognises(source)) return format;
  return nullptr;
}

const Format& detect_format(const Source& source) {
  if (const Format* format = format_by_content(source)) return *format;
  const Format* named = format_by_suffix(source);  // its reader says what is wrong with the contents
  // A text that is none of ours may yet be a description of a network that is damaged.
  const bool may_be_text =
      named && (named->name == "caffe" || named->name == "darknet" || named->name == "keras");
  if (!may_be_text)
    if (const auto foreign = foreign_content(source.bytes))
      throw UnknownFormatError(fmt::format("{} is no model", source.describe()))
          .because("it is " + foreign->what)
          .hint(foreign->hint);
  if (!named) throw unknown_format(source);
  return *named;
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
