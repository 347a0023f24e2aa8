// SPDX-License-Identifier: MIT
// Streams through descriptors of files; pipes are in tests/cli/pipe_test.py.
#include "lib/io/audio_pipe.h"

#include <gtest/gtest.h>

#include <limits>

#include "lib/io/audio_format.h"
#include "lib/io/system_file.h"
#include "tests/support/temporary_folder.h"

namespace limpid::io {
namespace {

using test::TemporaryFolder;

constexpr int kSamples = 1001;

// Steps of a 128th: every sample type has them.
Tensor<float, 2> steps(int channels) {
  Tensor<float, 2> audio({channels, kSamples});
  for (int c = 0; c < channels; ++c)
    for (int i = 0; i < kSamples; ++i)
      audio.view()[c][i] = static_cast<float>((37 * i + 11 * c) % 255 - 127) / 128;
  return audio;
}

AudioFormat wav_of(int type, int channels) {
  return {44100, channels, SF_FORMAT_WAV | type};
}

Status write_all(int descriptor, const AudioFormat& like, AudioView<const float> audio, bool raw) {
  auto writer = PipeWriter::open(descriptor, like, raw);
  if (!writer) return std::move(writer).error();
  for (std::ptrdiff_t i = 0; i < kSamples; i += 91)  // 11 whole calls
    if (auto status = writer->write(audio.slice(1, i, 91)); !status) return status;
  return writer->finish();
}

TEST(AudioPipe, EverySampleTypeComesBack) {
  for (const int type :
       {SF_FORMAT_PCM_U8, SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_PCM_32, SF_FORMAT_FLOAT})
    for (const int channels : {1, 2, 3}) {
      TemporaryFolder folder;
      const Tensor<float, 2> audio = steps(channels);
      auto file = SystemFile::create(folder / "a.wav");
      ASSERT_TRUE(write_all(file.number(), wav_of(type, channels), audio.view(), false));
      const auto whole = read_audio(folder / "a.wav");
      ASSERT_TRUE(whole) << whole.error().message;
      EXPECT_EQ(whole->format, wav_of(type, channels));
      EXPECT_EQ(file.seek(0, SEEK_CUR), file.size());  // where the next program goes on
      ASSERT_EQ(file.seek(0, SEEK_SET), 0);
      auto reader = PipeReader::open(file.number(), std::nullopt);
      ASSERT_TRUE(reader) << reader.error().message;
      EXPECT_EQ(reader->format(), wav_of(type, channels));
      Tensor<float, 2> streamed({channels, kSamples + 5});
      const auto count = reader->read(streamed.view());
      ASSERT_TRUE(count);
      ASSERT_EQ(*count, kSamples);
      for (int c = 0; c < channels; ++c)
        for (int i = 0; i < kSamples; ++i) {
          ASSERT_EQ(whole->samples.view()[c][i], audio.view()[c][i])
              << type << ' ' << c << ' ' << i;
          ASSERT_EQ(streamed.view()[c][i], audio.view()[c][i]) << type << ' ' << c << ' ' << i;
        }
    }
}

TEST(AudioPipe, HeaderlessSamplesComeBack) {
  for (const char* type : {"s16", "s24", "s32", "f32"}) {
    TemporaryFolder folder;
    const Tensor<float, 2> audio = steps(2);
    const auto format = headerless(type, 44100, 2);
    ASSERT_TRUE(format);
    auto file = SystemFile::create(folder / "a");
    ASSERT_TRUE(write_all(file.number(), *format, audio.view(), true));
    EXPECT_EQ(file.size() % (2 * kSamples), 0);
    ASSERT_EQ(file.seek(0, SEEK_SET), 0);
    auto reader = PipeReader::open(file.number(), format);
    ASSERT_TRUE(reader) << reader.error().message;
    Tensor<float, 2> streamed({2, kSamples});
    const auto count = reader->read(streamed.view());
    ASSERT_TRUE(count);
    ASSERT_EQ(*count, kSamples);
    for (int c = 0; c < 2; ++c)
      for (int i = 0; i < kSamples; ++i)
        ASSERT_EQ(streamed.view()[c][i], audio.view()[c][i]) << type << ' ' << c << ' ' << i;
  }
  for (const char* type : {"", "s8", "u16", "f64", "S16"}) EXPECT_FALSE(headerless(type, 8000, 1));
}

TEST(AudioPipe, HeaderlessSamplesBeginWhereTheFileStands) {
  TemporaryFolder folder;
  const Tensor<float, 2> audio = steps(2);
  const auto format = headerless("s24", 44100, 2);
  auto file = SystemFile::create(folder / "a");
  ASSERT_TRUE(write_all(file.number(), *format, audio.view(), true));
  ASSERT_EQ(file.seek(60, SEEK_SET), 60);
  auto reader = PipeReader::open(file.number(), format);
  ASSERT_TRUE(reader) << reader.error().message;
  Tensor<float, 2> streamed({2, kSamples});
  const auto count = reader->read(streamed.view());
  ASSERT_TRUE(count);
  ASSERT_EQ(*count, kSamples - 10);
  for (int c = 0; c < 2; ++c)
    for (int i = 0; i < kSamples - 10; ++i)
      ASSERT_EQ(streamed.view()[c][i], audio.view()[c][i + 10]) << c << ' ' << i;
}

TEST(AudioPipe, IntegersAreClippedAndNeverWrap) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const float values[] = {1, 1e9f, -1, -1e9f, 0.5f, kNaN};
  for (const int type : {SF_FORMAT_PCM_U8, SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_PCM_32}) {
    TemporaryFolder folder;
    auto file = SystemFile::create(folder / "a.wav");
    auto writer = PipeWriter::open(file.number(), wav_of(type, 1), false);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write({values, {1, std::ssize(values)}}));
    ASSERT_TRUE(writer->finish());
    EXPECT_EQ(writer->clipped(), 4u) << type;
    const auto back = read_audio(folder / "a.wav");
    ASSERT_TRUE(back) << back.error().message;
    for (const int i : {0, 1}) EXPECT_NEAR(back->samples.view()[0][i], 1, 1.0 / 128) << type;
    for (const int i : {2, 3}) EXPECT_EQ(back->samples.view()[0][i], -1) << type;
    EXPECT_EQ(back->samples.view()[0][4], 0.5f) << type;
    EXPECT_EQ(back->samples.view()[0][5], 0) << type;
  }
}

TEST(AudioPipe, WhatWavCannotHoldHas16Bits) {
  for (const int code : {SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_AU | SF_FORMAT_ULAW}) {
    TemporaryFolder folder;
    auto file = SystemFile::create(folder / "a.wav");
    ASSERT_TRUE(write_all(file.number(), {44100, 1, code}, steps(1).view(), false));
    const auto back = read_audio(folder / "a.wav");
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->format, wav_of(SF_FORMAT_PCM_16, 1));
  }
}

TEST(AudioPipe, DescriptorsThatAreNone) {
  auto reader = PipeReader::open(-1, std::nullopt);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::io);
  auto writer = PipeWriter::open(-1, wav_of(SF_FORMAT_PCM_16, 1), false);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, ErrorCode::io);
}

TEST(AudioPipe, NothingIsReadFromWhatIsNoAudio) {
  TemporaryFolder folder;
  auto file = SystemFile::create(folder / "a");
  ASSERT_EQ(file.write("this is no audio at all", 23), 23u);
  ASSERT_EQ(file.seek(0, SEEK_SET), 0);
  auto reader = PipeReader::open(file.number(), std::nullopt);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::bad_format);
}

}  // namespace
}  // namespace limpid::io
