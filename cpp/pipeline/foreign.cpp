#include "pipeline/foreign.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace modelconv {
namespace {

using namespace std::literals;

struct Kind {
  std::string_view start;
  bool is_text;  // blanks in front and capital letters do not count
  const char* what;
  const char* hint;
};

constexpr const char* kPage =
    "the download ended at a page (a sign-in, an error): use the address of the file itself";
constexpr const char* kUnpack = "unpack it: the model is inside";

// Sources: the specification of Git LFS; the signatures of file(1).
constexpr Kind kKinds[] = {
    {"version https://git-lfs."sv, true, "a Git LFS pointer, not the file that it stands for",
     "git lfs pull, in the clone that it comes from"},
    {"<!doctype html"sv, true, "a web page", kPage},
    {"<html"sv, true, "a web page", kPage},
    {"<"sv, true, "an XML document",
     "if it is a server's answer, use the address of the file itself; models in XML are not read"},
    {"{"sv, true, "text in JSON",
     "if it is a server's answer, it says why there is no file; models are binary files"},
    {"PK\x03\x04"sv, false, "a zip archive", kUnpack},
    {"\x1f\x8b"sv, false, "a gzip archive", kUnpack},
    {"BZh"sv, false, "a bzip2 archive", kUnpack},
    {"\xfd"
     "7zXZ\0"sv,
     false, "an xz archive", kUnpack},
    {"\x28\xb5\x2f\xfd"sv, false, "a zstd archive", kUnpack},
    {"7z\xbc\xaf\x27\x1c"sv, false, "a 7z archive", kUnpack},
    {"Rar!"sv, false, "a rar archive", kUnpack},
    // saved_model_schema_version = 1, then a MetaGraphDef (tensorflow/core/protobuf/saved_model.proto).
    {"\x08\x01\x12"sv, false, "the graph of a SavedModel without its folder",
     "give the folder that it was in: saved_model.pb beside variables/"},
};

bool starts_with(std::string_view text, const Kind& kind) {
  if (!kind.is_text) return text.starts_with(kind.start);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  return text.size() >= kind.start.size() &&
         std::equal(kind.start.begin(), kind.start.end(), text.begin(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

}  // namespace

std::optional<Foreign> foreign_content(Bytes bytes) {
  constexpr size_t kLooked = 512;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kLooked));
  for (const Kind& kind : kKinds)
    if (starts_with(text, kind)) return Foreign{kind.what, kind.hint};
  return std::nullopt;
}

}  // namespace modelconv
