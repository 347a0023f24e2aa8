// SPDX-License-Identifier: MIT
// What the operating system is asked for, on each of them.
#include "lib/io/system_file.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "lib/base/utf8_path.h"
#include "lib/io/file_bytes.h"
#include "tests/io/whole_file.h"
#include "tests/support/temporary_folder.h"

namespace limpid::io {
namespace {

using test::TemporaryFolder;

TEST(SystemFile, PlacesBeyondFourGigabytesAreThemselves) {
  constexpr std::int64_t kFar = (std::int64_t{1} << 32) + 2;  // a hole, where the disk can have one
  TemporaryFolder folder;
  auto file = SystemFile::create(folder / "far");
  ASSERT_TRUE(file.is_open());
  EXPECT_EQ(file.write("near", 4), 4u);
  EXPECT_EQ(file.seek(kFar, SEEK_SET), kFar);
  EXPECT_EQ(file.write("far", 3), 3u);
  EXPECT_EQ(file.size(), kFar + 3);
  std::array<char, 4> bytes{};
  EXPECT_EQ(file.read_at(kFar, bytes.data(), 4), 3u);
  EXPECT_EQ(std::string(bytes.data(), 3), "far");
  EXPECT_EQ(file.close_stored(), 0);
  EXPECT_EQ(FileBytes(folder / "far").at(static_cast<std::uint64_t>(kFar), 4), "far");
}

// Nothing is taken for the end of a line or of a text.
TEST(SystemFile, BytesAreBytes) {
  const std::string all =
      "a\r\nb\nc\x1a"
      "d\0e";
  TemporaryFolder folder;
  auto file = SystemFile::create(folder / "x");
  EXPECT_EQ(file.write(all.data(), all.size()), all.size());
  EXPECT_EQ(file.close_stored(), 0);
  EXPECT_EQ(test::slurp(folder / "x"), all);
  auto again = SystemFile::for_reading(folder / "x");
  EXPECT_TRUE(again.is_regular());
  std::string read(2 * all.size(), '?');
  EXPECT_EQ(again.read(read.data(), read.size()), all.size());
  EXPECT_EQ(read.substr(0, all.size()), all);
}

TEST(SystemFile, NamesAreUtf8) {
  TemporaryFolder folder;
  const auto name = folder / path_of("größer ☂.wav");
  EXPECT_TRUE(SystemFile::create(name).is_open());
  EXPECT_EQ(folder.names(), std::vector<std::string>{"größer ☂.wav"});
  EXPECT_FALSE(SystemFile::create(name).is_open());
  EXPECT_EQ(errno, EEXIST);
  EXPECT_FALSE(SystemFile::for_reading(folder / "absent").is_open());
  EXPECT_EQ(errno, ENOENT);
}

}  // namespace
}  // namespace limpid::io
