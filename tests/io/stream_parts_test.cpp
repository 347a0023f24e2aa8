// SPDX-License-Identifier: MIT
// Files of which libsndfile by itself would read only a part.
#include "lib/io/stream_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include "lib/io/audio_file.h"
#include "lib/io/audio_format.h"
#include "lib/io/mpeg_frames.h"
#include "tests/io/whole_file.h"
#include "tests/support/temporary_folder.h"

// libsndfile itself forgets one block when it refuses a damaged Ogg/Vorbis file: see
// audio_damage_test.cpp, which is linked with this one.

namespace limpid::io {
namespace {

using test::slurp;
using test::spill;
using test::TemporaryFolder;

constexpr int kMp3 = SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;
constexpr int kVorbis = SF_FORMAT_OGG | SF_FORMAT_VORBIS;
constexpr int kOpus = SF_FORMAT_OGG | SF_FORMAT_OPUS;

// A second of noise before two of near silence: its first frames are larger than most.
std::string encoded(const TemporaryFolder& folder, int code, int rate = 16'000, int channels = 1) {
  const auto path = folder / "encoded";
  SF_INFO info{0, rate, channels, code, 0, 0};
  std::unique_ptr<SNDFILE, CloseSound> sound(sf_open(path.string().c_str(), SFM_WRITE, &info));
  if (!sound) return "";
  int mode = SF_BITRATE_MODE_VARIABLE;
  sf_command(sound.get(), SFC_SET_BITRATE_MODE, &mode, sizeof mode);
  std::mt19937 random(3);
  std::vector<float> samples(static_cast<std::size_t>(3 * rate * channels));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = (static_cast<float>(random() % 65536) / 65536 - 0.5f) *
                 (i < samples.size() / 3 ? 1.0f : 0.001f);
  sf_writef_float(sound.get(), samples.data(), 3 * rate);
  sound.reset();
  return slurp(path);
}

MpegFrames frames_of(const std::filesystem::path& path) {
  FileBytes file(path);
  return find_mpeg_frames(file, 0).value_or(MpegFrames{});
}

// The number of samples, which must be what the reader had promised.
std::int64_t read_length(const std::filesystem::path& path) {
  auto reader = AudioReader::open(path);
  auto audio = read_audio(path);
  EXPECT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_TRUE(audio.ok()) << audio.error().message;
  if (!reader || !audio) return -1;
  EXPECT_EQ(reader->frames(), audio->samples.extent(1));
  return audio->samples.extent(1);
}

std::string refusal(const std::filesystem::path& path) {
  auto audio = read_audio(path);
  if (audio) return "it was read";
  EXPECT_EQ(audio.error().code, ErrorCode::bad_format);
  return audio.error().message;
}

class Mp3 : public testing::Test {
 protected:
  void SetUp() override {
    whole_ = encoded(folder_, kMp3);
    if (whole_.empty()) GTEST_SKIP() << "this libsndfile does not write MP3";
    spill(folder_ / "whole.mp3", whole_);
    frames_ = frames_of(folder_ / "whole.mp3");
  }
  std::string without_header() const { return whole_.substr(frames_.begin); }

  static constexpr std::int64_t kSamples = 576;  // of a frame at this rate
  TemporaryFolder folder_;
  std::string whole_;
  MpegFrames frames_;
};

// As what was cut out of a stream begins.
TEST_F(Mp3, ATornFirstFrameIsNoEnd) {
  for (const std::size_t torn : {1u, 100u, 200u}) {
    spill(folder_ / "torn.mp3", without_header().substr(torn));
    EXPECT_NEAR(static_cast<double>(read_length(folder_ / "torn.mp3")),
                static_cast<double>(frames_.frames * kSamples), 2.0 * kSamples)
        << torn;
    spill(folder_ / "torn.bin", without_header().substr(torn));
    EXPECT_TRUE(stream_parts(folder_ / "torn.bin")->empty()) << "any file may hold such bytes";
  }
}

// "ID3" by chance, or on purpose, hides nothing behind it; what the decoder itself skips is missed.
TEST_F(Mp3, WhatIsNoTagIsNotSkipped) {
  const auto both = folder_ / "both.mp3";
  spill(both, without_header() + "ID3" + std::string(7, '\xff') + without_header());
  EXPECT_GE(read_length(both), (2 * frames_.frames - 2) * kSamples);
  // A length has seven bits a byte.
  spill(both, std::string("ID3\4\0\0\0\0\0\xff", 10) + without_header());
  EXPECT_EQ(read_length(both), frames_.frames * kSamples);
  spill(both, without_header() + "ID3" + std::string(7, '\x7f') + without_header());
  EXPECT_NE(refusal(both).find("truncated or damaged"), std::string::npos) << refusal(both);
}

TEST_F(Mp3, HeaderThatTellsTheTruthIsBelieved) {
  EXPECT_EQ(frames_.frames, frames_.promised);
  EXPECT_EQ(frames_.end, whole_.size());
  EXPECT_EQ(read_length(folder_ / "whole.mp3"), 48'000);
}

TEST_F(Mp3, FramesAreCountedWhereThereIsNoHeader) {
  spill(folder_ / "x.mp3", without_header());
  SF_INFO info{};
  sf_close(sf_open((folder_ / "x.mp3").string().c_str(), SFM_READ, &info));
  ASSERT_LT(info.frames, 40'000) << "libsndfile's estimate was to be too short";
  EXPECT_EQ(read_length(folder_ / "x.mp3"), frames_.frames * kSamples);
}

// Of every version and number of channels, each of which has its own sizes.
TEST_F(Mp3, FramesOfEveryKindAreCounted) {
  for (const int rate : {8'000, 22'050, 32'000, 44'100, 48'000})
    for (const int channels : {1, 2}) {
      const auto whole = encoded(folder_, kMp3, rate, channels);
      spill(folder_ / "whole.mp3", whole);
      const auto found = frames_of(folder_ / "whole.mp3");
      ASSERT_GT(found.frames, 0) << rate << ", " << channels;
      EXPECT_EQ(found.frames, found.promised) << rate << ", " << channels;
      spill(folder_ / "x.mp3", whole.substr(found.begin));
      EXPECT_EQ(read_length(folder_ / "x.mp3"), found.frames * (rate < 32'000 ? 576 : 1152))
          << rate << ", " << channels;
    }
}

// What both decode must be the same, to the sample.
TEST_F(Mp3, CountingMovesNoSample) {
  spill(folder_ / "x.mp3", without_header());
  SF_INFO info{};
  std::unique_ptr<SNDFILE, CloseSound> sound(
      sf_open((folder_ / "x.mp3").string().c_str(), SFM_READ, &info));
  std::vector<float> expected(20'000);
  ASSERT_EQ(sf_readf_float(sound.get(), expected.data(), 20'000), 20'000);
  auto audio = read_audio(folder_ / "x.mp3");
  ASSERT_TRUE(audio.ok()) << audio.error().message;
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(audio->samples.view()[0][static_cast<std::ptrdiff_t>(i)], expected[i], 1e-5) << i;
}

TEST_F(Mp3, TruncationIsAnError) {
  for (const std::size_t cut : {whole_.size() - 1, whole_.size() / 100 * 99, whole_.size() / 2}) {
    spill(folder_ / "cut.mp3", whole_.substr(0, cut));
    EXPECT_NE(refusal(folder_ / "cut.mp3")
                  .find("cut.mp3: truncated or damaged: the header promises " +
                        std::to_string(frames_.promised) + " MPEG frames, found "),
              std::string::npos)
        << refusal(folder_ / "cut.mp3");
  }
}

TEST_F(Mp3, EncodersMayCountTheHeaderItself) {
  auto bytes = whole_;
  const auto count = std::min(bytes.find("Xing"), bytes.find("Info")) + 11;  // its lowest byte
  bytes[count] = static_cast<char>(bytes[count] + 1);
  spill(folder_ / "x.mp3", bytes);
  EXPECT_EQ(read_length(folder_ / "x.mp3"), frames_.frames * kSamples);
}

TEST_F(Mp3, JoinedFilesAreReadToTheEnd) {
  spill(folder_ / "x.mp3", whole_ + whole_ + without_header());
  // The second header is a silent frame.
  EXPECT_EQ(read_length(folder_ / "x.mp3"), (3 * frames_.frames + 1) * kSamples);
}

TEST_F(Mp3, AnotherRateOrChannelIsAnError) {
  for (const auto& other : {encoded(folder_, kMp3, 44'100), encoded(folder_, kMp3, 16'000, 2)}) {
    spill(folder_ / "x.mp3", whole_ + other);
    EXPECT_NE(refusal(folder_ / "x.mp3").find("begins at byte " + std::to_string(whole_.size())),
              std::string::npos)
        << refusal(folder_ / "x.mp3");
  }
}

TEST_F(Mp3, TagsAreNoAudio) {
  const std::string front = std::string("ID3\4\0\0\0\0\1\5", 10) + std::string(133 + 50, '\0');
  const std::string back = "APETAGEX" + std::string(3000, 'x') + "TAG" + std::string(125, ' ');
  spill(folder_ / "x.mp3", front + without_header() + back);
  EXPECT_EQ(read_length(folder_ / "x.mp3"), frames_.frames * kSamples);
  spill(folder_ / "y.mp3", front + whole_ + back);
  EXPECT_EQ(read_length(folder_ / "y.mp3"), 48'000);
}

TEST_F(Mp3, SurvivesMutation) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    auto bytes = round % 2 == 0 ? whole_ : without_header() + whole_.substr(0, 3000);
    for (int flips = 0; flips < 4; ++flips)
      bytes[random() % bytes.size()] ^= static_cast<char>(1u << random() % 8);
    spill(folder_ / "x.mp3", bytes);
    (void)stream_parts(folder_ / "x.mp3");
  }
}

class Chain : public testing::TestWithParam<int> {};

TEST_P(Chain, IsReadToTheEnd) {
  TemporaryFolder folder;
  const auto link = encoded(folder, GetParam());
  spill(folder / "one.ogg", link);
  spill(folder / "three.ogg", link + link + link);
  const auto one = read_audio(folder / "one.ogg");
  ASSERT_TRUE(one.ok()) << one.error().message;
  ASSERT_EQ(read_length(folder / "three.ogg"), 3 * 48'000);
  const auto three = read_audio(folder / "three.ogg");
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(std::ranges::equal(three->samples.view()[0].slice(0, i * 48'000, 48'000).span(),
                                   one->samples.view()[0].span()))
        << i;
}

TEST_P(Chain, CutAnywhereIsAnError) {
  TemporaryFolder folder;
  const auto link = encoded(folder, GetParam());
  for (const std::size_t cut : {2 * link.size() - 1, link.size() / 2 * 3, link.size() + 1000}) {
    spill(folder / "cut.ogg", (link + link).substr(0, cut));
    EXPECT_NE(refusal(folder / "cut.ogg").find("cut.ogg"), std::string::npos) << cut;
  }
}

TEST_P(Chain, AnotherRateIsAnError) {
  TemporaryFolder folder;
  const auto first = encoded(folder, GetParam());
  spill(folder / "x.ogg", first + encoded(folder, GetParam(), 48'000));
  const auto message = refusal(folder / "x.ogg");
  EXPECT_NE(message.find("begins at byte " + std::to_string(first.size())), std::string::npos)
      << message;
  EXPECT_NE(message.find("48000 Hz, 1 channel, expected"), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(Codecs, Chain, testing::Values(kVorbis, kOpus), [](const auto& test) {
  return std::string(is_opus(test.param) ? "Opus" : "Vorbis");
});

TEST(StreamParts, OtherFilesHaveNone) {
  TemporaryFolder folder;
  for (const int code : {SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
                         SF_FORMAT_AU | SF_FORMAT_PCM_16, kVorbis, kOpus}) {
    spill(folder / "x", encoded(folder, code));
    const auto parts = stream_parts(folder / "x");
    ASSERT_TRUE(parts.ok()) << parts.error().message;
    EXPECT_TRUE(parts->empty()) << std::hex << code;
  }
}

}  // namespace
}  // namespace limpid::io
