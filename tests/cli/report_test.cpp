// SPDX-License-Identifier: MIT
// The parts of a report: numbers where they can be checked by hand.
#include "examples/limpid/report/report.h"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numbers>

#include "examples/limpid/report/colour_map.h"
#include "examples/limpid/report/figure.h"
#include "examples/limpid/report/markup.h"
#include "examples/limpid/report/page_file.h"
#include "examples/limpid/report/spectrogram.h"
#include "tests/cli/workbench.h"

namespace limpid::cli {
namespace {

TEST(Markup, EscapesAndEncodes) {
  EXPECT_EQ(escaped("a<b & \"c\">"), "a&lt;b &amp; &quot;c&quot;&gt;");
  EXPECT_EQ(data_uri("text/plain", ""), "data:text/plain;base64,");
  EXPECT_EQ(data_uri("x", "M"), "data:x;base64,TQ==");
  EXPECT_EQ(data_uri("x", "Ma"), "data:x;base64,TWE=");
  EXPECT_EQ(data_uri("x", "Man"), "data:x;base64,TWFu");
  EXPECT_EQ(data_uri("x", "\xff\xfe\xfd\xfc"), "data:x;base64,//79/A==");
}

TEST(ColourMap, GetsLighterWithEveryStep) {
  double last = -1;
  for (const Colour& c : colour_map(64)) {
    const double light = 0.2126 * c.red + 0.7152 * c.green + 0.0722 * c.blue;
    EXPECT_GE(light, last);
    last = light;
  }
  EXPECT_LT(colour_map(64).front().green, 10);
  EXPECT_GT(colour_map(64).back().green, 200);
}

TEST(Png, HoldsThePixels) {
  const std::vector<std::uint8_t> pixels{0, 1, 2, 2, 1, 0};
  const std::vector<Colour> palette{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  const std::string png = encode_png(pixels, 3, palette);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.substr(12, 4), "IHDR");
  EXPECT_EQ(png[19], 3);  // width
  EXPECT_EQ(png[23], 2);  // height
  const std::size_t data = png.find("IDAT") + 4;
  std::vector<Bytef> raw(8);
  uLongf size = static_cast<uLongf>(raw.size());
  ASSERT_EQ(uncompress(raw.data(), &size, reinterpret_cast<const Bytef*>(png.data() + data),
                       static_cast<uLong>(png.find("IEND") - data)),
            Z_OK);
  EXPECT_EQ(raw, (std::vector<Bytef>{0, 0, 1, 2, 0, 2, 1, 0}));
}

// The level of the loudest row, and which one, in the middle of a tone.
std::pair<float, int> peak_of_tone(int rate, double hertz, double amplitude, std::int64_t samples) {
  auto spectrogram = Spectrogram::create(rate, samples, 100, 200);
  EXPECT_TRUE(spectrogram.ok());
  Tensor<float, 2> audio({1, samples});
  for (std::ptrdiff_t i = 0; i < samples; ++i)
    audio.view()[0][i] = static_cast<float>(
        amplitude * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate));
  spectrogram->add(audio.view());
  spectrogram->finish();
  const auto levels = spectrogram->levels();
  const int middle = spectrogram->width() / 2;
  std::pair<float, int> peak{-1000.0f, 0};
  for (int row = 0; row < spectrogram->height(); ++row)
    peak = std::max(peak,
                    {levels[static_cast<std::size_t>(row * spectrogram->width() + middle)], row});
  return peak;
}

TEST(Spectrogram, PutsATonesLevelAtItsFrequency) {
  for (const std::int64_t samples : {std::int64_t{16000}, std::int64_t{400000}}) {
    const auto [level, row] = peak_of_tone(16000, 2000, 0.1, samples);
    EXPECT_NEAR(level, -20, 1.5) << samples;
    EXPECT_NEAR(row, 150, 1) << samples;  // 200 rows from 8000 Hz at the top
  }
}

TEST(Spectrogram, AClickIsWhereItHappened) {
  constexpr std::int64_t kSamples = 160000;
  auto spectrogram = Spectrogram::create(16000, kSamples, 800, 50);
  ASSERT_EQ(spectrogram->width(), 800);
  Tensor<float, 2> audio({1, kSamples});
  audio.view()[0][120000] = 1;
  spectrogram->add(audio.view());
  spectrogram->finish();
  const auto levels = spectrogram->levels();
  const auto loudest = std::max_element(levels.begin(), levels.begin() + 800) - levels.begin();
  EXPECT_EQ(loudest, 600);
  EXPECT_GT(levels[600], -70);
  EXPECT_LT(levels[597], -100);  // the window is 2.6 columns long
  EXPECT_LT(levels[603], -100);
}

TEST(Spectrogram, TinyRecordingsHaveOneToo) {
  for (const std::int64_t samples : {0, 1, 100}) {
    auto spectrogram = Spectrogram::create(8000, samples, 100, 50);
    ASSERT_TRUE(spectrogram.ok());
    spectrogram->finish();
    EXPECT_GE(spectrogram->levels().size(), 1u);
  }
}

class ReportTest : public test::Workbench {};

TEST_F(ReportTest, PortraitsKnowTheirRecording) {
  const auto portrait = portray(record("a.wav", 16000, 400000, 2));
  ASSERT_TRUE(portrait.ok()) << portrait.error().message;
  EXPECT_DOUBLE_EQ(portrait->seconds, 25);
  EXPECT_DOUBLE_EQ(portrait->clip_seconds, 20);
  EXPECT_EQ(portrait->clip.substr(0, 4), "fLaC");
  EXPECT_EQ(portrait->waveform.size(), 900u);
  EXPECT_NEAR(portrait->waveform[450].high, 0.4, 0.01);
  EXPECT_NE(figure(*portrait, "Before").find("25.000"), std::string::npos);
}

TEST_F(ReportTest, ReplacesOnlyReports) {
  const auto page = (*this)("r.html");
  EXPECT_TRUE(check_page(page).ok());
  EXPECT_FALSE(std::filesystem::exists(page));
  ASSERT_TRUE(write_page(page, page_head("report") + "</head></html>\n").ok());
  EXPECT_TRUE(check_page(page).ok());
  for (const char* other : {"", "RIFF", "<!doctype html>\n<title>mine</title>"}) {
    std::ofstream(page) << other;
    EXPECT_NE(check_page(page).error().message.find("no report of limpid's"), std::string::npos);
  }
  EXPECT_FALSE(check_page(folder_).ok());
  EXPECT_FALSE(check_page(page / "inside.html").ok());
}

TEST_F(ReportTest, NamesTheFolderThatCannotBeMadeAndLeavesNone) {
  std::ofstream((*this)("file")) << "x";
  const auto refused = check_page((*this)("file/sub/r.html"));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("make the folder " + (*this)("file/sub").string() + ": "),
            std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(check_page((*this)("new/deep/r.html")).ok());
  EXPECT_FALSE(check_page((*this)("new/deep") / (std::string(252, 'n') + ".html")).ok());
  EXPECT_FALSE(std::filesystem::exists((*this)("new")));
}

TEST_F(ReportTest, SpeedIsThatOfTheWholeBatch) {
  FileResult result;
  result.audio_seconds = 10;
  result.wall_seconds = 4;
  ASSERT_TRUE(
      write_report((*this)("r.html"), {result, result}, {.model = {}, .wall_seconds = 5}).ok());
  std::ifstream file((*this)("r.html"));
  const std::string html{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(html.find("<b>4×</b><span class='soft'>real time</span>"), std::string::npos);
}

TEST_F(ReportTest, TellsNothingOfPausesThatThereWereNot) {
  FileResult empty, quiet;
  quiet.audio_seconds = 10;
  quiet.levels.pauses = {-60, -60.04};  // rounds to nothing, which has no sign
  const auto page = [&](const std::vector<FileResult>& results) {
    EXPECT_TRUE(write_report((*this)("r.html"), results, {}).ok());
    std::ifstream file((*this)("r.html"));
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  const std::string without = page({empty});
  EXPECT_NE(without.find("<td>–</td><td>–</td><td>–</td>"), std::string::npos);
  EXPECT_EQ(without.find("noise in pauses, mean"), std::string::npos);
  const std::string with = page({empty, quiet});
  EXPECT_NE(with.find("<b>0.0 dB</b><span class='soft'>noise in pauses, mean"), std::string::npos);
  EXPECT_EQ(with.find("−0.0"), std::string::npos);
}

TEST_F(ReportTest, OutlivesResultsThatAreGone) {
  FileResult result;
  result.job.input = record("a.wav");
  result.job.output = (*this)("gone.wav");
  ASSERT_TRUE(write_report((*this)("r.html"), {result}, {}).ok());
  std::ifstream file((*this)("r.html"));
  const std::string html{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(html.find("gone.wav"), std::string::npos);
  EXPECT_TRUE(html.ends_with("</html>\n"));
}

}  // namespace
}  // namespace limpid::cli
