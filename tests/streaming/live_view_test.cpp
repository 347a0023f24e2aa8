// SPDX-License-Identifier: MIT
#include "examples/limpid/live_view.h"

#include <gtest/gtest.h>

#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

streaming::LiveStats busy() {
  streaming::LiveStats stats;
  stats.state = streaming::LiveState::running;
  stats.seconds = 754;
  stats.input_rms_db = -23.4f;
  stats.input_peak_db = 3.0f;  // clipped
  stats.output_rms_db = -200.0f;
  stats.reduction_db = 50.0f;
  stats.load_median = 0.12f;
  stats.load_max = 15.0f;
  stats.late_events = 2;
  stats.late_seconds = 0.13;
  stats.device_xruns = 7;
  return stats;
}

TEST(LiveView, FitsEveryTerminal) {
  for (const int width : {10, 20, 40, 80, 200}) {
    for (const bool utf8 : {false, true}) {
      const auto lines = live_screen(
          busy(), {.title = std::string(300, 'x'), .bypassed = true, .width = width, .utf8 = utf8});
      ASSERT_EQ(lines.size(), 6u);
      for (const auto& line : lines) EXPECT_LT(display_width(line), width) << line;
    }
  }
}

TEST(LiveView, ShowsWhatMatters) {
  const auto lines = live_screen(busy(), {.title = "frcrn: card", .width = 120});
  EXPECT_EQ(lines[0], "frcrn: card");
  EXPECT_NE(lines[1].find(" -23.4 dB"), std::string::npos);
  EXPECT_NE(lines[4].find("12 %"), std::string::npos);
  EXPECT_NE(lines[5].find("12:34"), std::string::npos);
  EXPECT_NE(lines[5].find("late 2 (0.13 s)"), std::string::npos);
  EXPECT_NE(lines[5].find("xruns 7"), std::string::npos);
  EXPECT_EQ(lines[5].find("BYPASSED"), std::string::npos);
}

TEST(LiveView, MetersAreAsLongAsTheLevel) {
  streaming::LiveStats stats;
  stats.input_rms_db = -30.0f;
  stats.input_peak_db = -15.0f;
  const auto lines = live_screen(stats, {.title = "", .width = 56, .utf8 = false});
  EXPECT_NE(lines[1].find("##########.....|...."), std::string::npos) << lines[1];
}

TEST(LiveView, ALogLineSaysTheSame) {
  auto stats = busy();
  stats.state = streaming::LiveState::lost;
  stats.drift_ppm = 42.0;
  const std::string line = live_line(stats, true);
  for (const char* part : {"12:34", "SOUND CARD LOST", "-23.4 dB", "12 %", "late 2", "42 ppm"})
    EXPECT_NE(line.find(part), std::string::npos) << part;
}

TEST(LiveView, NoTroubleIsOneWord) {
  EXPECT_EQ(live_trouble({}), "late 0");
}

}  // namespace
}  // namespace limpid::cli
