#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "temporary_folder.h"

namespace modelconv {
namespace {

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

std::string error_of(const std::filesystem::path& path) {
  try {
    MappedFile::open(path);
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

TEST(MappedFile, GivesTheContent) {
  const TemporaryFolder folder;
  std::ofstream(folder / "a") << "hello";
  const auto file = MappedFile::open(folder / "a");
  EXPECT_EQ(text_of(*file), "hello");
  EXPECT_EQ(file->path(), folder / "a");
}

TEST(MappedFile, AnEmptyFileHasNoBytes) {
  const TemporaryFolder folder;
  std::ofstream(folder / "empty").close();
  EXPECT_TRUE(MappedFile::open(folder / "empty")->bytes().empty());
}

TEST(MappedFile, RefusesWhatIsNoRegularFileAtOnce) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_NE(error_of(folder / "pipe").find("it is a pipe"), std::string::npos);
  EXPECT_NE(error_of(folder.path()).find("it is a folder"), std::string::npos);
  EXPECT_NE(error_of("/dev/zero").find("it is a device"), std::string::npos);
}

TEST(MappedFile, NamesAMissingFile) {
  const TemporaryFolder folder;
  const std::string text = error_of(folder / "none.onnx");
  EXPECT_NE(text.find("none.onnx"), std::string::npos);
  EXPECT_NE(text.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace modelconv
