// SPDX-License-Identifier: MIT
#include "lib/io/output_format.h"

#include "tests/cli/workbench.h"

namespace limpid::io {
namespace {

std::string described(const std::string& name, const AudioFormat& like) {
  const auto format = format_for_name(name, like, "recording");
  return format ? format->describe() : format.error().message;
}

TEST(OutputFormat, KnowsAudioFilesByName) {
  EXPECT_TRUE(has_audio_extension("x/y.Wav"));
  EXPECT_TRUE(has_audio_extension("y.FLAC"));
  EXPECT_TRUE(has_audio_extension("y.bwf"));
  EXPECT_TRUE(has_audio_extension("y.mp2"));
  EXPECT_FALSE(has_audio_extension("y.txt"));
  EXPECT_FALSE(has_audio_extension("wav"));
}

TEST(OutputFormat, KeepsWhatCanBeWritten) {
  const AudioFormat wav = float_wav(48000, 2);
  EXPECT_EQ(same_format(wav).format.code, wav.code);
  EXPECT_EQ(same_format(wav).notice, "");
  EXPECT_EQ(same_format(wav).extension, "");
}

TEST(OutputFormat, ReplacesWhatCannot) {
  AudioFormat strange = compact_format(16000, 1);
  strange.code = 0x230081;  // MPEG layer 2: libsndfile reads it and writes layer 3 only
  const OutputFormat replaced = same_format(strange);
  EXPECT_EQ(replaced.extension, ".flac");
  EXPECT_NE(replaced.notice.find("FLAC"), std::string::npos);
  strange.channels = 12;  // more than FLAC holds
  EXPECT_EQ(same_format(strange).extension, ".wav");
}

// Of which libsndfile's encoder writes nothing, without an error.
TEST(OutputFormat, WritesNoDwvwOfTwelveBits) {
  AudioFormat dwvw = compact_format(16000, 1);
  dwvw.code = 0x020040;
  EXPECT_EQ(same_format(dwvw).extension, ".flac");
  dwvw.code = 0x020041;  // of 16
  EXPECT_EQ(same_format(dwvw).extension, "");
}

// Its header lies in a second file, which is not written.
TEST(OutputFormat, WritesNoSd2) {
  AudioFormat sd2 = compact_format(16000, 1);
  sd2.code = 0x160002;
  const OutputFormat replaced = same_format(sd2);
  EXPECT_EQ(replaced.extension, ".flac");
  EXPECT_NE(replaced.notice.find("cannot write SD2"), std::string::npos) << replaced.notice;
  EXPECT_EQ(described("a.sd2", sd2), "a.sd2: .sd2 files can be read, not written");
}

TEST(OutputFormat, TheNameChoosesTheContainerAndTheDepthStays) {
  const AudioFormat flac = compact_format(16000, 1), wav = float_wav(16000, 1);
  EXPECT_NE(described("a.wav", flac).find("16 bit"), std::string::npos);
  EXPECT_NE(described("a.flac", wav).find("24 bit"), std::string::npos);
  EXPECT_NE(described("a.ogg", wav).find("Vorbis"), std::string::npos);
  EXPECT_NE(described("a.opus", wav).find("Opus"), std::string::npos);
  EXPECT_EQ(format_for_name("b.wav", wav, "a.flac")->code, wav.code);
  AudioFormat deep = compact_format(16000, 2);
  deep.code = 0x010004;  // WAV, 32 bits
  EXPECT_NE(described("a.flac", deep).find("24 bit"), std::string::npos);
  deep.code = 0x130003;  // the extensible kind of WAV, 24 bits
  EXPECT_EQ(format_for_name("b.wav", deep, "a.wav")->code, deep.code);
  AudioFormat mp3 = compact_format(16000, 1);
  mp3.code = 0x230082;  // which libsndfile says a WAV could hold, and does not write
  EXPECT_NE(described("a.wav", mp3).find("16 bit"), std::string::npos);
}

TEST(OutputFormat, LongRecordingsNamedLikeShortOnesStayLong) {
  AudioFormat rf64 = compact_format(48000, 2);
  rf64.code = 0x220003;
  const AudioFormat same = *format_for_name("b.wav", rf64, "a.WAV");
  EXPECT_EQ(same.code, rf64.code);
  EXPECT_EQ(format_for_name("b.wav", rf64, "a.rf64")->code, 0x010003);
  EXPECT_EQ(format_for_name("b.w64", rf64, "a.wav")->code, 0x0B0003);
}

TEST(OutputFormat, RefusesWhatAContainerCannotHold) {
  EXPECT_NE(described("a.xyz", float_wav(16000, 1)).find("'.xyz'"), std::string::npos);
  EXPECT_EQ(described("a.flac", float_wav(16000, 9)),
            "a.flac: a .flac file takes 8 channels at most, not 9");
  EXPECT_EQ(described("a.flac", float_wav(700000, 1)),
            "a.flac: a .flac file does not take 700 kHz");
  EXPECT_EQ(described("a.opus", float_wav(44100, 1)),
            "a.opus: a .opus file takes 8, 12, 16, 24 or 48 kHz, not 44.1");
  EXPECT_EQ(described("a.mp3", float_wav(44100, 6)),
            "a.mp3: a .mp3 file takes 2 channels at most, not 6");
  EXPECT_EQ(
      described("a.mp3", float_wav(96000, 3)),
      "a.mp3: a .mp3 file takes 8, 11.025, 12, 16, 22.05, 24, 32, 44.1 or 48 kHz, not 96, and "
      "takes 2 channels at most, not 3");
}

}  // namespace
}  // namespace limpid::io
