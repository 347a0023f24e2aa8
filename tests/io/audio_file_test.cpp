// SPDX-License-Identifier: MIT
// Round trips through every kind of file, and the promises of the writer.
#include "lib/io/audio_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <tuple>

#include "lib/base/utf8_path.h"
#include "lib/io/audio_format.h"
#include "tests/support/signals.h"
#include "tests/support/temporary_folder.h"

namespace limpid::io {
namespace {

using test::TemporaryFolder;

// A different tone in each channel, on the grid of 16-bit samples.
Tensor<float, 2> tones(int channels, int samples) {
  Tensor<float, 2> audio({channels, samples});
  for (int c = 0; c < channels; ++c)
    for (int i = 0; i < samples; ++i)
      audio.view()[c][i] =
          std::round(0.5f * std::sin(0.02f * static_cast<float>((c + 1) * i)) * 32768) / 32768;
  return audio;
}

// Root mean square of the difference as a fraction of that of `a`.
double relative_error(AudioView<const float> a, AudioView<const float> b) {
  double error = 0, power = 0;
  for (int c = 0; c < a.extent(0); ++c)
    for (int i = 0; i < a.extent(1); ++i) {
      error += std::pow(a[c][i] - b[c][i], 2);
      power += std::pow(a[c][i], 2);
    }
  return std::sqrt(error / power);
}

struct Kind {
  const char* name;
  int code;
  int rate;
  int most_channels;
  double tolerance;  // of relative_error; 0: lossless
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}

const Kind kKinds[] = {
    {"Wav16", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44100, 8, 0},
    {"Wav24", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 96000, 8, 0},
    {"Wav32", SF_FORMAT_WAV | SF_FORMAT_PCM_32, 8000, 8, 0},
    {"Wav8", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 8000, 8, 0.01},
    {"WavFloat", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16000, 8, 0},
    {"WavDouble", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 16000, 8, 0},
    {"WavMuLaw", SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000, 2, 0.02},
    {"Wavex24", SF_FORMAT_WAVEX | SF_FORMAT_PCM_24, 48000, 8, 0},
    {"Rifx16", SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG, 48000, 8, 0},
    {"Rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, 48000, 8, 0},
    {"W64", SF_FORMAT_W64 | SF_FORMAT_PCM_24, 48000, 8, 0},
    {"Flac16", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 48000, 8, 0},
    {"Flac24", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 48000, 8, 0},
    {"Aiff24", SF_FORMAT_AIFF | SF_FORMAT_PCM_24, 48000, 8, 0},
    {"Caf16", SF_FORMAT_CAF | SF_FORMAT_PCM_16, 48000, 8, 0},
    {"AiffDwvw16", SF_FORMAT_AIFF | SF_FORMAT_DWVW_16, 48000, 1, 0},
    {"CafAlac", SF_FORMAT_CAF | SF_FORMAT_ALAC_16, 48000, 8, 0},
    {"Au16", SF_FORMAT_AU | SF_FORMAT_PCM_16, 48000, 8, 0},
    {"OggVorbis", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100, 5, 0.2},
    {"OggOpus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 48000, 5, 0.2},
    {"OggOpus16k", SF_FORMAT_OGG | SF_FORMAT_OPUS, 16000, 2, 0.2},
};

class RoundTrip : public testing::TestWithParam<Kind> {};

TEST_P(RoundTrip, KeepsFormatAndSamples) {
  const Kind kind = GetParam();
  TemporaryFolder folder;
  for (int channels = 1; channels <= kind.most_channels; ++channels) {
    const auto path = folder / ("t\xC3\xB6ne " + std::to_string(channels));
    const auto audio = tones(channels, 10'007);
    const AudioFormat format{kind.rate, channels, kind.code};
    auto written = write_audio(path, audio.view(), format);
    ASSERT_TRUE(written.ok()) << written.error().message;
    auto back = read_audio(path);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(back->format.sample_rate, kind.rate);
    EXPECT_EQ(back->format.code & SF_FORMAT_TYPEMASK, kind.code & SF_FORMAT_TYPEMASK);
    EXPECT_EQ(back->format.code & SF_FORMAT_SUBMASK, kind.code & SF_FORMAT_SUBMASK);
    EXPECT_EQ(back->format.code & SF_ENDIAN_BIG, kind.code & SF_ENDIAN_BIG);
    ASSERT_EQ(back->samples.extent(0), channels);
    ASSERT_EQ(back->samples.extent(1), audio.extent(1));
    EXPECT_LE(relative_error(audio.view(), back->samples.view()), kind.tolerance) << channels;
  }
}

TEST_P(RoundTrip, NoneAndOneSample) {
  const Kind kind = GetParam();
  TemporaryFolder folder;
  for (int samples = 0; samples <= 1; ++samples) {
    auto written = write_audio(folder / "x", tones(1, samples).view(), {kind.rate, 1, kind.code});
    if (samples == 0 && is_opus(kind.code)) {
      ASSERT_FALSE(written.ok());
      EXPECT_EQ(written.error().code, ErrorCode::unsupported);
      EXPECT_TRUE(folder.names().empty());
      continue;
    }
    ASSERT_TRUE(written.ok()) << written.error().message;
    auto back = read_audio(folder / "x");
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(back->samples.extent(1), samples);
  }
}

// The writer takes blocks of any size, the reader fills blocks of any size.
TEST_P(RoundTrip, BlocksOfAnySize) {
  const Kind kind = GetParam();
  TemporaryFolder folder;
  const int channels = std::min(kind.most_channels, 2);
  const auto audio = tones(channels, 30'000);
  const AudioFormat format{kind.rate, channels, kind.code};
  auto writer = AudioWriter::create(folder / "blocks", format);
  ASSERT_TRUE(writer.ok()) << writer.error().message;
  for (int begin = 0, size = 1; begin < 30'000; begin += size, size = size * 3 % 8191) {
    size = std::min(size, 30'000 - begin);
    ASSERT_TRUE(writer->write(audio.view().slice(1, begin, size)).ok());
  }
  ASSERT_TRUE(writer->commit().ok());
  auto reader = AudioReader::open(folder / "blocks");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ(reader->frames(), 30'000);
  Tensor<float, 2> back({channels, 30'000});
  std::int64_t at = 0;
  for (int size = 1; at < 30'000; size = size * 5 % 7919) {
    auto got = reader->read(back.view().slice(1, at, std::min<std::int64_t>(size, 30'000 - at)));
    ASSERT_TRUE(got.ok()) << got.error().message;
    ASSERT_GT(*got, 0);
    at += *got;
  }
  EXPECT_EQ(*reader->read(back.view()), 0);
  EXPECT_LE(relative_error(audio.view(), back.view()), kind.tolerance);
}

INSTANTIATE_TEST_SUITE_P(Kinds, RoundTrip, testing::ValuesIn(kKinds),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(AudioFormat, DescribesItself) {
  EXPECT_EQ((AudioFormat{48000, 2, SF_FORMAT_WAV | SF_FORMAT_PCM_24}).describe(),
            "WAV (Microsoft), Signed 24 bit PCM, 48000 Hz, 2 channels");
  EXPECT_EQ(float_wav(16000, 1).describe(), "WAV (Microsoft), 32 bit float, 16000 Hz, 1 channel");
}

TEST(AudioFormat, KnowsWhichContainersAreShort) {
  for (const int container : {SF_FORMAT_WAV, SF_FORMAT_WAVEX, SF_FORMAT_AIFF, SF_FORMAT_AU})
    EXPECT_EQ(longest_file(container | SF_FORMAT_PCM_16), 0xFFFFFFFF);
  EXPECT_EQ(longest_file(SF_FORMAT_RF64 | SF_FORMAT_PCM_16), INT64_MAX);
}

TEST(AudioWriter, KnowsBeforehandWhatDoesNotFit) {
  TemporaryFolder folder;
  constexpr std::int64_t kHour = std::int64_t{3600} * 48000;
  const std::tuple<int, std::int64_t, bool> kinds[] = {
      {SF_FORMAT_WAV | SF_FORMAT_PCM_16, 6 * kHour, true},  // 4.1 GB of two channels
      {SF_FORMAT_WAV | SF_FORMAT_PCM_16, 7 * kHour, false},
      {SF_FORMAT_WAV | SF_FORMAT_FLOAT, 4 * kHour, false},
      {SF_FORMAT_WAV | SF_FORMAT_ULAW, 7 * kHour, true},
      {SF_FORMAT_WAV | SF_FORMAT_DOUBLE, INT64_MAX, false},
      {SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM, 7 * kHour, true},  // an encoder decides
      {SF_FORMAT_AIFF | SF_FORMAT_DWVW_16, 7 * kHour, true},
      {SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 99 * kHour, true},
      {SF_FORMAT_W64 | SF_FORMAT_PCM_24, 99 * kHour, true}};
  for (const auto& [code, samples, fits] : kinds) {
    const int channels = code == (SF_FORMAT_AIFF | SF_FORMAT_DWVW_16) ? 1 : 2;
    auto writer = AudioWriter::create(folder / "long", {48000, channels, code});
    ASSERT_TRUE(writer.ok()) << writer.error().message;
    const auto status = writer->expect(samples);
    EXPECT_EQ(status.ok(), fits) << writer->format().describe();
    if (fits) continue;
    EXPECT_TRUE(status.error().message.ends_with("more than 4 GB; RF64 and W64 can"));
  }
  EXPECT_TRUE(folder.names().empty());
}

// Their headers count samples or bytes in 21 and 24 bits.
TEST(AudioWriter, RefusesMoreThanAHeaderCanSay) {
  TemporaryFolder folder;
  const Tensor<float, 2> silence({1, 1 << 21});
  const std::tuple<int, std::ptrdiff_t, std::ptrdiff_t, const char*> kinds[] = {
      {SF_FORMAT_SDS | SF_FORMAT_PCM_S8, 2'097'000, 1 << 21, "4 MB"},
      {SF_FORMAT_SDS | SF_FORMAT_PCM_16, 2'097'000, 1 << 21, "6 MB"},
      {SF_FORMAT_SDS | SF_FORMAT_PCM_24, 2'097'000, 1 << 21, "8 MB"},
      {SF_FORMAT_VOC | SF_FORMAT_PCM_16, 8'388'000, 1 << 23, "16 MB"}};
  for (const auto& [code, fits, too_many, size] : kinds) {
    const AudioFormat format{16000, 1, code};
    for (const std::ptrdiff_t samples : {fits, too_many}) {
      auto writer = AudioWriter::create(folder / "x", format);
      ASSERT_TRUE(writer.ok()) << writer.error().message;
      Status status = Done{};
      for (std::ptrdiff_t at = 0; at < samples && status; at += silence.view().extent(1)) {
        const auto count = std::min(samples - at, silence.view().extent(1));
        status = writer->write(silence.view().slice(1, 0, count));
      }
      if (status) status = writer->commit();
      ASSERT_EQ(status.ok(), samples == fits) << format.describe();
      EXPECT_TRUE(status.ok() || status.error().message.find(size) != std::string::npos);
    }
    EXPECT_EQ(AudioReader::open(folder / "x")->frames(), fits) << format.describe();
  }
}

// File systems that know UTF-8 (exFAT, NTFS, APFS) take no name with half a character.
TEST(AudioWriter, LongNamesAreHiddenBehindWholeCharacters) {
  TemporaryFolder folder;
  for (const char* begin : {"", "x", "xx"}) {
    std::string name = begin;
    for (int i = 0; i < 75; ++i) name += "語";
    auto writer = AudioWriter::create(folder / path_of(name + ".wav"), float_wav(16000, 1));
    ASSERT_TRUE(writer.ok()) << writer.error().message;
    const auto hidden = folder.names();
    ASSERT_EQ(hidden.size(), 1u);
    const auto end = hidden[0].find('.', 1);
    EXPECT_LE(end, 201u);
    EXPECT_TRUE(name.starts_with(hidden[0].substr(1, end - 1)));
    EXPECT_EQ((end - 1 - std::strlen(begin)) % 3, 0u) << hidden[0];
  }
}

TEST(AudioWriter, ClipsAndCountsInsteadOfWrapping) {
  TemporaryFolder folder;
  Tensor<float, 2> loud({1, 6});
  const float values[] = {1.5f, -1.5f, 1.0f, -1.0f, 0.99996f, std::nanf("")};
  std::copy(std::begin(values), std::end(values), loud.view()[0].data());
  for (const int type : {SF_FORMAT_PCM_U8, SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_PCM_32}) {
    auto writer = AudioWriter::create(folder / "x.wav", {8000, 1, SF_FORMAT_WAV | type});
    ASSERT_TRUE(writer->write(loud.view()).ok());
    EXPECT_EQ(writer->clipped(), type == SF_FORMAT_PCM_U8 ? 5u : 4u);
    ASSERT_TRUE(writer->commit().ok());
    const auto back = read_audio(folder / "x.wav");
    const auto found = back->samples.view()[0];
    EXPECT_NEAR(found[0], 1, 0.01);
    EXPECT_EQ(found[1], -1);
    EXPECT_EQ(found[2], found[0]);
    EXPECT_EQ(found[3], -1);
    EXPECT_EQ(found[5], 0);
  }
}

// Half a second of a tone and half a second of noise, both twice as loud as full scale.
Tensor<float, 2> too_loud() {
  auto loud = test::noise(1, 16'000);
  for (std::ptrdiff_t t = 0; t < 16'000; ++t) {
    float& sample = loud.view()[0][t];
    sample = t < 8'000 ? 2.0f * std::sin(0.08f * static_cast<float>(t)) : 4.0f * sample;
  }
  return loud;
}

// A codec of few bits may be far off at a sample (GSM, made for voices, often in noise), but not at
// a fifth of them, as one that wraps is.
TEST(AudioWriter, NoCodecWraps) {
  TemporaryFolder folder;
  const auto loud = too_loud();
  for (const int code : {SF_FORMAT_WAV | SF_FORMAT_ULAW, SF_FORMAT_WAV | SF_FORMAT_ALAW,
                         SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM, SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM,
                         SF_FORMAT_WAV | SF_FORMAT_GSM610, SF_FORMAT_WAV | SF_FORMAT_NMS_ADPCM_16,
                         SF_FORMAT_WAV | SF_FORMAT_NMS_ADPCM_24,
                         SF_FORMAT_WAV | SF_FORMAT_NMS_ADPCM_32, SF_FORMAT_AU | SF_FORMAT_G721_32,
                         SF_FORMAT_AU | SF_FORMAT_G723_24, SF_FORMAT_AU | SF_FORMAT_G723_40,
                         SF_FORMAT_AIFF | SF_FORMAT_DWVW_16, SF_FORMAT_AIFF | SF_FORMAT_DWVW_24}) {
    const AudioFormat format{16000, 1, code};
    const auto written = write_audio(folder / "x", loud.view(), format);
    ASSERT_TRUE(written.ok()) << written.error().message;
    const auto back = read_audio(folder / "x");
    ASSERT_TRUE(back.ok()) << back.error().message;
    int wrapped = 0;
    for (std::ptrdiff_t t = 0; t < 16'000; ++t) {
      const float in = loud.view()[0][t], out = back->samples.view()[0][t];
      wrapped += std::abs(in) > 0.3f && std::abs(out) > 0.3f && in * out < 0.0f;
    }
    EXPECT_LT(wrapped, code == (SF_FORMAT_WAV | SF_FORMAT_GSM610) ? 1600 : 160)
        << format.describe();
  }
}

TEST(AudioWriter, FloatFilesKeepWhatIsBeyondFullScale) {
  TemporaryFolder folder;
  Tensor<float, 2> loud({1, 1});
  loud.view()[0][0] = 3.25f;
  ASSERT_TRUE(write_audio(folder / "x.wav", loud.view(), float_wav(8000, 1)).ok());
  EXPECT_EQ(read_audio(folder / "x.wav")->samples.view()[0][0], 3.25f);
}

TEST(AudioWriter, RoundsToTheNearestStep) {
  TemporaryFolder folder;
  Tensor<float, 2> audio({1, 2});
  audio.view()[0][0] = 100.6f / 32768;
  audio.view()[0][1] = -100.6f / 32768;
  ASSERT_TRUE(
      write_audio(folder / "x.wav", audio.view(), {8000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16})
          .ok());
  const auto back = read_audio(folder / "x.wav");
  EXPECT_EQ(back->samples.view()[0][0], 101.0f / 32768);
  EXPECT_EQ(back->samples.view()[0][1], -101.0f / 32768);
}

TEST(AudioWriter, LeavesNothingWithoutCommit) {
  TemporaryFolder folder;
  std::ofstream(folder / "old.wav") << "precious";
  {
    auto writer = AudioWriter::create(folder / "old.wav", float_wav(8000, 1));
    ASSERT_TRUE(writer->write(tones(1, 5000).view()).ok());
    EXPECT_EQ(folder.names().size(), 2u);
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"old.wav"});
  EXPECT_EQ(std::filesystem::file_size(folder / "old.wav"), 8u);
}

TEST(AudioWriter, ReplacesAtCommitAndOnlyOnce) {
  TemporaryFolder folder;
  std::ofstream(folder / "old.wav") << "old";
  auto writer = AudioWriter::create(folder / "old.wav", float_wav(8000, 1));
  ASSERT_TRUE(writer->commit().ok());
  EXPECT_EQ(folder.names(), std::vector<std::string>{"old.wav"});
  EXPECT_TRUE(AudioReader::open(folder / "old.wav").ok());
  EXPECT_FALSE(writer->commit().ok());
  EXPECT_FALSE(writer->write(tones(1, 1).view()).ok());
}

TEST(AudioWriter, RefusesFormatsAndPlaces) {
  TemporaryFolder folder;
  const auto code = [&](const std::filesystem::path& path, AudioFormat format) {
    auto writer = AudioWriter::create(path, format);
    return writer ? ErrorCode{-1} : writer.error().code;
  };
  const auto path = folder / "x";
  EXPECT_EQ(code(path, {48000, 1, SF_FORMAT_FLAC | SF_FORMAT_FLOAT}), ErrorCode::unsupported);
  EXPECT_EQ(code(path, {44100, 1, SF_FORMAT_OGG | SF_FORMAT_OPUS}), ErrorCode::unsupported);
  EXPECT_EQ(code(path, {48000, 9, SF_FORMAT_FLAC | SF_FORMAT_PCM_16}), ErrorCode::unsupported);
  EXPECT_EQ(code(path, {0, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16}), ErrorCode::unsupported);
  EXPECT_EQ(code(path, {48000, 0, SF_FORMAT_WAV | SF_FORMAT_PCM_16}), ErrorCode::unsupported);
  EXPECT_EQ(code(path, {48000, 1, 0}), ErrorCode::unsupported);
  EXPECT_EQ(code(folder.path(), float_wav(8000, 1)), ErrorCode::invalid_argument);
  EXPECT_EQ(code("/dev/null", float_wav(8000, 1)), ErrorCode::invalid_argument);
  EXPECT_EQ(code(folder / "absent" / "x", float_wav(8000, 1)), ErrorCode::not_found);
  EXPECT_TRUE(folder.names().empty());
}

TEST(AudioWriter, LongNamesFit) {
  TemporaryFolder folder;
  const auto path = folder / (std::string(251, 'n') + ".wav");
  auto status = write_audio(path, tones(1, 10).view(), float_wav(8000, 1));
  EXPECT_TRUE(status.ok()) << status.error().message;
}

TEST(AudioWriter, NamesThatAreTooLongAreRefusedAtOnce) {
  TemporaryFolder folder;
  auto writer = AudioWriter::create(folder / (std::string(252, 'n') + ".wav"), float_wav(8000, 1));
  ASSERT_FALSE(writer.ok());
  EXPECT_EQ(writer.error().code, ErrorCode::io);
  EXPECT_TRUE(writer.error().message.ends_with(": File name too long")) << writer.error().message;
  EXPECT_TRUE(folder.names().empty());
}

TEST(AudioWriter, WrongChannelCountIsAnError) {
  TemporaryFolder folder;
  auto writer = AudioWriter::create(folder / "x", float_wav(8000, 2));
  EXPECT_EQ(writer->write(tones(3, 4).view()).error().code, ErrorCode::invalid_argument);
}

TEST(AudioWriter, SameInputSameBytes) {
  TemporaryFolder folder;
  const auto bytes = [&](const char* name) {
    EXPECT_TRUE(write_audio(folder / name, tones(2, 999).view(), float_wav(8000, 2)).ok());
    std::ifstream file(folder / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const auto first = bytes("a");
  EXPECT_EQ(first, bytes("b"));
  EXPECT_EQ(first.find("PEAK"), std::string::npos) << "it would hold the time of day";
}

}  // namespace
}  // namespace limpid::io
