#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "temporary_folder.h"

namespace modelconv {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string get(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

size_t entries(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::string error_of_create(const fs::path& path) {
  try {
    AtomicFiles().create(path);
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

TEST(AtomicFiles, ReplacesOnCommitOnly) {
  const TemporaryFolder folder;
  put(folder / "a", "old");
  AtomicFiles files;
  auto a = files.create(folder / "a"), b = files.create(folder / "b");
  a.write("new");
  b.write("other");
  EXPECT_EQ(get(folder / "a"), "old");
  EXPECT_FALSE(fs::exists(folder / "b"));
  files.commit();
  EXPECT_EQ(get(folder / "a"), "new");
  EXPECT_EQ(get(folder / "b"), "other");
  EXPECT_EQ(entries(folder.path()), 2U);
}

TEST(AtomicFiles, LeavesNothingBehindWithoutCommit) {
  const TemporaryFolder folder;
  put(folder / "a", "old");
  {
    AtomicFiles files;
    files.create(folder / "a").write("new");
    files.replace_folder(folder / "model", nullptr);
    files.create(folder / "model/x/y").write("new");
  }
  EXPECT_EQ(get(folder / "a"), "old");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFiles, PadsAndCountsAcrossBuffers) {
  const TemporaryFolder folder;
  const std::string large(1 << 20, 'x');
  AtomicFiles files;
  auto a = files.create(folder / "a");
  a.write("abc");
  a.pad_to(1000);
  EXPECT_EQ(a.position(), 1000U);
  a.pad_to(1000);
  a.write(std::as_bytes(std::span(large)));
  a.write("end");
  files.commit();
  EXPECT_EQ(get(folder / "a"), "abc" + std::string(997, '\0') + large + "end");
}

TEST(AtomicFiles, KeepsPermissionsAndFollowsLinks) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "real");
  put(folder / "real/a", "old");
  ::chmod((folder / "real/a").c_str(), 0640);
  fs::create_symlink("real/a", folder / "link");
  AtomicFiles files;
  files.create(folder / "link").write("new");
  files.commit();
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(get(folder / "real/a"), "new");
  EXPECT_EQ(fs::status(folder / "real/a").permissions(), fs::perms{0640});
}

TEST(AtomicFiles, SaysWhyATargetCannotBeWritten) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_NE(error_of_create(folder.path()).find("it is a folder"), std::string::npos);
  EXPECT_NE(error_of_create(folder / "none/a").find("there is no folder"), std::string::npos);
  EXPECT_NE(error_of_create(folder / "pipe").find("not a regular file"), std::string::npos);
  EXPECT_NE(error_of_create(folder / "a/").find("does not name a file"), std::string::npos);
}

TEST(AtomicFiles, PutsAllBackWhenOneReplacementFails) {
  const TemporaryFolder folder;
  put(folder / "a", "old");
  AtomicFiles files;
  files.create(folder / "a").write("new");
  files.create(folder / "b").write("new");
  fs::create_directories(folder / "b/in/the/way");
  // Where the system can exchange names, it even a file and a folder change places; commit() must not.
  EXPECT_THROW(files.commit(), FileError);
  EXPECT_EQ(get(folder / "a"), "old");
  EXPECT_TRUE(fs::exists(folder / "b/in/the/way"));
}

TEST(AtomicFiles, SwapsAFolder) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "model");
  put(folder / "model/saved_model.pb", "old");
  put(folder / "model/stale", "old");
  AtomicFiles files;
  files.replace_folder(folder / "model/", [](const fs::path& f) { return fs::exists(f / "saved_model.pb"); });
  files.create(folder / "model/saved_model.pb").write("new");
  files.create(folder / "model/variables/variables.index").write("v");
  EXPECT_EQ(get(folder / "model/saved_model.pb"), "old");
  files.commit();
  EXPECT_EQ(get(folder / "model/saved_model.pb"), "new");
  EXPECT_EQ(get(folder / "model/variables/variables.index"), "v");
  EXPECT_FALSE(fs::exists(folder / "model/stale"));
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFiles, KeepsAFolderOfSomethingElse) {
  const TemporaryFolder folder;
  put(folder / "notes", "mine");
  AtomicFiles files;
  EXPECT_THROW(files.replace_folder(folder.path(), nullptr), FileError);
  EXPECT_THROW(files.replace_folder(folder.path(), [](const fs::path&) { return false; }), FileError);
  EXPECT_EQ(get(folder / "notes"), "mine");
}

}  // namespace
}  // namespace modelconv
