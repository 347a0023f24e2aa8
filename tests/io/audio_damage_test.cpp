// SPDX-License-Identifier: MIT
// Audio files that are cut short, lie, or are no audio.
#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "lib/io/audio_file.h"
#include "lib/io/audio_format.h"
#include "tests/io/whole_file.h"
#include "tests/support/temporary_folder.h"

// libsndfile itself forgets one block when it refuses a damaged Ogg/Vorbis file.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:vorbis_info_init";
}

namespace limpid::io {
namespace {

using test::slurp;
using test::spill;
using test::TemporaryFolder;

Tensor<float, 2> noise(int channels, int samples) {
  Tensor<float, 2> audio({channels, samples});
  std::mt19937 random(3);
  for (int c = 0; c < channels; ++c)
    for (int i = 0; i < samples; ++i)
      audio.view()[c][i] = static_cast<float>(random() % 65536) / 65536 - 0.5f;
  return audio;
}

std::string encoded(const TemporaryFolder& folder, int code) {
  const auto status = write_audio(folder / "whole", noise(2, 24'000).view(), {48000, 2, code});
  EXPECT_TRUE(status.ok()) << status.error().message;
  return slurp(folder / "whole");
}

class Truncated : public testing::TestWithParam<std::pair<const char*, int>> {};

TEST_P(Truncated, IsAlwaysAnError) {
  TemporaryFolder folder;
  const auto whole = encoded(folder, GetParam().second);
  EXPECT_TRUE(read_audio(folder / "whole").ok());
  for (std::size_t cut : {whole.size() - 1, whole.size() - 5, whole.size() / 100 * 99,
                          whole.size() / 2, whole.size() / 10, std::size_t{50}, std::size_t{3}}) {
    spill(folder / "cut", whole.substr(0, cut));
    auto audio = read_audio(folder / "cut");
    ASSERT_FALSE(audio.ok()) << cut << " of " << whole.size();
    EXPECT_EQ(audio.error().code, ErrorCode::bad_format) << audio.error().message;
    EXPECT_NE(audio.error().message.find("cut"), std::string::npos) << "no name";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Truncated,
    testing::Values(std::pair{"Wav16", SF_FORMAT_WAV | SF_FORMAT_PCM_16},
                    std::pair{"WavFloat", SF_FORMAT_WAV | SF_FORMAT_FLOAT},
                    std::pair{"Wavex", SF_FORMAT_WAVEX | SF_FORMAT_PCM_24},
                    std::pair{"Rifx", SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG},
                    std::pair{"WavAdpcm", SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM},
                    std::pair{"Rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16},
                    std::pair{"W64", SF_FORMAT_W64 | SF_FORMAT_PCM_16},
                    std::pair{"Aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16},
                    std::pair{"Au", SF_FORMAT_AU | SF_FORMAT_PCM_16},
                    std::pair{"AuLittle", SF_FORMAT_AU | SF_FORMAT_PCM_16 | SF_ENDIAN_LITTLE},
                    std::pair{"Caf", SF_FORMAT_CAF | SF_FORMAT_PCM_16},
                    std::pair{"Flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
                    std::pair{"Vorbis", SF_FORMAT_OGG | SF_FORMAT_VORBIS},
                    std::pair{"Opus", SF_FORMAT_OGG | SF_FORMAT_OPUS}),
    [](const auto& test) { return std::string(test.param.first); });

// A recorder that writes to a pipe cannot know the length: the file is as long as it is.
TEST(AudioReader, LengthsLeftOpenByPipesAreFine) {
  TemporaryFolder folder;
  auto bytes = encoded(folder, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  const auto at = bytes.find("data") + 4;
  for (const std::string size : {"\xFF\xFF\xFF\xFF", "\xDB\xFF\xFF\x7F"}) {
    bytes.replace(at, 4, size);
    spill(folder / "pipe.wav", bytes);
    auto audio = read_audio(folder / "pipe.wav");
    ASSERT_TRUE(audio.ok()) << audio.error().message;
    EXPECT_EQ(audio->samples.extent(1), 24'000);
  }
}

TEST(AudioReader, LengthsLeftOpenBySoxInAiffAreFine) {
  TemporaryFolder folder;
  auto bytes = encoded(folder, SF_FORMAT_AIFF | SF_FORMAT_PCM_16);
  bytes.replace(bytes.find("COMM") + 10, 4, std::string("\x3F\x80\0\0", 4));
  bytes.replace(bytes.find("SSND") + 4, 4, std::string("\x7F\0\0\x08", 4));
  spill(folder / "pipe.aiff", bytes);
  auto audio = read_audio(folder / "pipe.aiff");
  ASSERT_TRUE(audio.ok()) << audio.error().message;
  EXPECT_EQ(audio->samples.extent(1), 24'000);
}

// What a recorder leaves that lost its power: the header of a file without samples, and samples.
TEST(AudioReader, RecordingsThatWereNotFinishedAreNotEmpty) {
  TemporaryFolder folder;
  const std::tuple<int, const char*, std::size_t, std::size_t> kinds[] = {
      {SF_FORMAT_WAV, "data", 4, 4}, {SF_FORMAT_RF64, "ds64", 16, 8}};
  for (const auto& [container, chunk, size_at, bytes_of_size] : kinds) {
    auto bytes = encoded(folder, container | SF_FORMAT_PCM_16);
    bytes.replace(bytes.find(chunk) + size_at, bytes_of_size, bytes_of_size, '\0');
    spill(folder / "x", bytes);
    auto reader = AudioReader::open(folder / "x");
    ASSERT_FALSE(reader.ok()) << chunk;
    EXPECT_NE(reader.error().message.find("promises no samples, but 96"), std::string::npos)
        << reader.error().message;
  }
}

TEST(AudioReader, EmptyRecordingsMayHaveOtherChunks) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_audio(folder / "x", Tensor<float, 2>({1, 0}).view(), float_wav(8000, 1)).ok());
  const auto whole = slurp(folder / "x");
  for (const std::string more : {"", "12345678", "LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf58.76.100"}) {
    spill(folder / "x", whole + more);
    EXPECT_EQ(AudioReader::open(folder / "x")->frames(), 0);
  }
}

TEST(AudioReader, Rf64BeyondFourGigabytesIsMissedToo) {
  TemporaryFolder folder;
  auto bytes = encoded(folder, SF_FORMAT_RF64 | SF_FORMAT_PCM_16);
  const auto size = bytes.find("ds64") + 4 + 4 + 8;  // of the data, 64 bits little-endian
  bytes[size + 4] = 1;
  spill(folder / "big.wav", bytes);
  auto audio = read_audio(folder / "big.wav");
  ASSERT_FALSE(audio.ok());
  EXPECT_NE(audio.error().message.find("promises 4295063"), std::string::npos)
      << audio.error().message;
}

TEST(AudioReader, FlacWithoutALengthIsCounted) {
  TemporaryFolder folder;
  auto bytes = encoded(folder, SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
  bytes[21] = static_cast<char>(bytes[21] & 0xF0);  // STREAMINFO: 36 bits of total samples
  bytes.replace(22, 4, 4, '\0');
  spill(folder / "pipe.flac", bytes);
  auto reader = AudioReader::open(folder / "pipe.flac");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ(reader->frames(), 24'000);
  EXPECT_EQ(read_audio(folder / "pipe.flac")->samples.extent(1), 24'000);
}

TEST(AudioReader, FlacThatPromisesMoreThanItHasIsAnError) {
  TemporaryFolder folder;
  auto bytes = encoded(folder, SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
  bytes[23] = static_cast<char>(bytes[23] + 1);  // 65536 samples more
  spill(folder / "x.flac", bytes);
  auto audio = read_audio(folder / "x.flac");
  ASSERT_FALSE(audio.ok());
  EXPECT_NE(audio.error().message.find("after 24000 of 89536"), std::string::npos)
      << audio.error().message;
}

// The count comes from the same decoder: "after 20736 of 20736 samples" would say nothing.
TEST(AudioReader, DamagedFlacWithoutALengthIsAnErrorWithoutACount) {
  TemporaryFolder folder;
  auto bytes = encoded(folder, SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
  bytes[21] = static_cast<char>(bytes[21] & 0xF0);
  bytes.replace(22, 4, 4, '\0');
  spill(folder / "pipe.flac", bytes.substr(0, bytes.size() / 2));
  auto audio = read_audio(folder / "pipe.flac");
  ASSERT_FALSE(audio.ok());
  EXPECT_NE(audio.error().message.find("truncated or damaged after "), std::string::npos);
  EXPECT_EQ(audio.error().message.find(" of "), std::string::npos) << audio.error().message;
}

TEST(AudioReader, OggWithoutItsEndIsRefusedAtOnce) {
  TemporaryFolder folder;
  const auto whole = encoded(folder, SF_FORMAT_OGG | SF_FORMAT_VORBIS);
  for (const std::size_t cut : {whole.size() / 2, whole.rfind("OggS")}) {  // in a page, behind one
    spill(folder / "cut.ogg", whole.substr(0, cut));
    EXPECT_FALSE(AudioReader::open(folder / "cut.ogg").ok()) << "its length would be 2^63 - 1";
  }
}

TEST(AudioReader, PlacesThatHoldNoAudio) {
  TemporaryFolder folder;
  const auto code = [](const std::filesystem::path& path) {
    auto reader = AudioReader::open(path);
    return reader ? ErrorCode{-1} : reader.error().code;
  };
  EXPECT_EQ(code(folder / "absent.wav"), ErrorCode::not_found);
  EXPECT_EQ(code(folder.path()), ErrorCode::io);
  EXPECT_EQ(code("/dev/zero"), ErrorCode::io);
  spill(folder / "empty.wav", "");
  EXPECT_EQ(code(folder / "empty.wav"), ErrorCode::bad_format);
  spill(folder / "text.wav", "RIFF is a figure in music");
  EXPECT_EQ(code(folder / "text.wav"), ErrorCode::bad_format);
  for (const char* name : {"text.au", "text.vox", "text.gsm", "text.raw", "text.mp3"}) {
    spill(folder / name, std::string(2000, 'x'));
    EXPECT_EQ(code(folder / name), ErrorCode::bad_format) << name;
  }
}

TEST(AudioReader, NoChannelsOrNoRateIsAnError) {
  TemporaryFolder folder;
  const auto whole = encoded(folder, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  for (const std::size_t at : {22u, 24u}) {  // channels, sample rate
    auto bytes = whole;
    bytes.replace(at, 2, 2, '\0');
    if (at == 24) bytes.replace(26, 2, 2, '\0');
    spill(folder / "x.wav", bytes);
    auto reader = AudioReader::open(folder / "x.wav");
    ASSERT_FALSE(reader.ok()) << at;
    EXPECT_EQ(reader.error().code, ErrorCode::bad_format);
  }
}

TEST(AudioReader, WrongChannelCountIsAnError) {
  TemporaryFolder folder;
  (void)encoded(folder, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  auto reader = AudioReader::open(folder / "whole");
  Tensor<float, 2> mono({1, 100});
  EXPECT_EQ(reader->read(mono.view()).error().code, ErrorCode::invalid_argument);
}

TEST(AudioReader, SurvivesMutation) {
  TemporaryFolder folder;
  std::mt19937 random(11);
  for (const int code : {SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_CAF | SF_FORMAT_PCM_16,
                         SF_FORMAT_W64 | SF_FORMAT_PCM_16, SF_FORMAT_AIFF | SF_FORMAT_PCM_16}) {
    const auto whole = encoded(folder, code);
    for (int round = 0; round < 300; ++round) {
      auto bytes = whole.substr(0, 2000 + random() % 1000);
      for (int flips = 0; flips < 4; ++flips)
        bytes[random() % 120] ^= static_cast<char>(1u << random() % 8);
      spill(folder / "mutant", bytes);
      (void)read_audio(folder / "mutant");
    }
  }
}

}  // namespace
}  // namespace limpid::io
