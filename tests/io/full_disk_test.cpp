// SPDX-License-Identifier: MIT
// Disks that are full.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <random>

#include "lib/io/audio_file.h"
#include "lib/io/audio_format.h"
#include "tests/support/temporary_folder.h"

namespace limpid::io {
namespace {

using test::TemporaryFolder;

// A file system of 16 KB that is gone at the end of the test.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& at) : at_(at) {
    std::filesystem::create_directory(at);
    mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=16k") == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount(at_.c_str());
  }
  bool mounted() const { return mounted_; }

 private:
  std::filesystem::path at_;
  bool mounted_;
};

TEST(AudioWriter, FullDiskIsAnErrorAndLeavesNothing) {
  TemporaryFolder folder;
  const SmallDisk disk(folder / "disk");
  if (!disk.mounted()) GTEST_SKIP() << "FullDisk needs the right to mount a tmpfs";
  Tensor<float, 2> audio({2, 200'000});
  std::mt19937 random(3);  // noise, which no format makes small
  for (int c = 0; c < 2; ++c)
    for (float& sample : audio.view()[c].span())
      sample = static_cast<float>(random() % 65536) / 65536 - 0.5f;
  for (const int code : {SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
                         SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_OGG | SF_FORMAT_OPUS,
                         SF_FORMAT_CAF | SF_FORMAT_ALAC_16, SF_FORMAT_AIFF | SF_FORMAT_PCM_16}) {
    auto status = write_audio(folder / "disk" / "x", audio.view(), {48000, 2, code});
    ASSERT_FALSE(status.ok()) << std::hex << code;
    EXPECT_EQ(status.error().code, ErrorCode::io);
    EXPECT_NE(status.error().message.find("No space left"), std::string::npos)
        << status.error().message;
    EXPECT_TRUE(std::filesystem::is_empty(folder / "disk"));
  }
}

}  // namespace
}  // namespace limpid::io
