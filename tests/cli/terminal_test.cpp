// SPDX-License-Identifier: MIT
#include "examples/limpid/terminal.h"

#include <gtest/gtest.h>

#include "examples/limpid/progress.h"

namespace limpid::cli {
namespace {

TEST(Terminal, TimesAreWhatPeopleRead) {
  EXPECT_EQ(clock_time(7.4), "0:07");
  EXPECT_EQ(clock_time(754), "12:34");
  EXPECT_EQ(clock_time(59.6), "1:00");
  EXPECT_EQ(clock_time(3600), "1:00:00");
  EXPECT_EQ(clock_time(3723), "1:02:03");
  EXPECT_EQ(clock_time(-1), "0:00");
  EXPECT_EQ(short_seconds(0.421), "0.42 s");
  EXPECT_EQ(short_seconds(9.94), "9.94 s");
  EXPECT_EQ(short_seconds(9.96), "10.0 s");
  EXPECT_EQ(short_seconds(12.34), "12.3 s");
  EXPECT_EQ(short_seconds(60), "1:00");
  EXPECT_EQ(short_seconds(304), "5:04");
}

TEST(Terminal, CutsInTheMiddleAndNeverInsideACharacter) {
  EXPECT_EQ(columns_of("short", 5), "short");
  EXPECT_EQ(columns_of("abcdefghij", 5), "ab…ij");
  EXPECT_EQ(columns_of("äöüäöüäöü", 5), "äö…öü");
  EXPECT_EQ(display_width(columns_of("äöüäöüäöü", 4)), 4);
  EXPECT_EQ(columns_of("abc", 1), "…");
  EXPECT_EQ(columns_of("abc", 0), "");
}

TEST(Terminal, WrapsAtEightyColumns) {
  const std::string text =
      wrapped(std::string(30, 'a') + " " + std::string(30, 'b') + " c", 20, 20);
  EXPECT_EQ(text,
            std::string(30, 'a') + "\n" + std::string(20, ' ') + std::string(30, 'b') + " c\n");
}

TEST(Terminal, NothingPrintedMovesTheCursor) {
  EXPECT_EQ(printable("a\x1b[2Jb\r\n\tc\x7f"), "a?[2Jb???c?");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J ä é “x”"),
            "?2J ä é “x”");  // CSI as one character
  EXPECT_EQ(printable(std::string_view("\0a\xc2", 3)), "?a\xc2");
  EXPECT_EQ(printable("a\x9b"
                      "31m \xe4\xf6 \xe2\x80\x9b"),
            "a?31m \xe4\xf6 \xe2\x80\x9b");  // as one byte; Latin-1 and a quotation mark stay
  for (const char* longest : {"\xdf\xbf", "\xe0\xa0\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(printable(longest), longest) << "2, 3 and 4 bytes, the first and last of their kind";
  EXPECT_EQ(wrapped("one\n\x1b[1mtwo", 0, 0), "one ?[1mtwo\n");
}

TEST(Progress, TheBarIsAsFullAsTheWorkIsDone) {
  const auto bar = [](double seconds, int width) {
    return bar_of({.finished = 1, .files = 2, .seconds = seconds, .total = 8}, width, false);
  };
  EXPECT_EQ(bar(0, 30), "[..........]   0 %  1/2 files");
  EXPECT_EQ(bar(3.68, 30), "[#####.....]  46 %  1/2 files");
  EXPECT_EQ(bar(4, 30), "[#####.....]  50 %  1/2 files");
  EXPECT_EQ(bar(9, 30), "[##########] 100 %  1/2 files") << "more than was promised";
  EXPECT_EQ(bar(8, 200), "[" + std::string(50, '#') + "] 100 %  1/2 files");
  EXPECT_EQ(bar(4, 28), "[####....]  50 %  1/2 files");
  EXPECT_EQ(bar(4, 27), "  50 %  1/2 files") << "no room for a bar";
  EXPECT_EQ(bar_of({.files = 3}, 30, false), "[..........]   0 %  0/3 files")
      << "of unknown length";
}

TEST(Progress, TheBarTellsSpeedAndTimeLeft) {
  Standing standing{.finished = 1, .files = 2, .seconds = 10, .total = 40, .elapsed = 0.5};
  EXPECT_EQ(bar_of(standing, 20, false), "  25 %  1/2 files") << "too early to tell";
  standing.elapsed = 2;
  EXPECT_EQ(bar_of(standing, 50, false), "  25 %  1/2 files  5x real time  0:06 left");
  standing.seconds = 0;
  EXPECT_EQ(bar_of(standing, 20, false), "   0 %  1/2 files") << "nothing has been read";
}

TEST(Progress, TheBarMovesInEighthsWhereTheTerminalShowsThem) {
  const auto bar = [](double seconds) {
    const std::string text = bar_of({.files = 1, .seconds = seconds, .total = 80}, 30, true);
    EXPECT_EQ(display_width(text), 29) << text;
    return text.substr(0, text.find(" %"));
  };
  EXPECT_EQ(bar(0), "▕          ▏   0");
  EXPECT_EQ(bar(41), "▕█████▏    ▏  51");
  EXPECT_EQ(bar(79), "▕█████████▉▏  99");
  EXPECT_EQ(bar(80), "▕██████████▏ 100");
}

TEST(Progress, LinesSayWhatHappenedToAFile) {
  FileResult result;
  result.job.input = "a.wav";
  result.job.output = "b.wav";
  result.audio_seconds = 10;
  result.wall_seconds = 0.5;
  result.levels.pauses = {-40, -60};
  EXPECT_EQ(describe(result),
            "a.wav -> b.wav: 10.0 s in 0.50 s (20x real time), pauses 20.0 dB quieter");
  result.notices = {"odd \x1b[7m"};
  EXPECT_TRUE(describe(result).ends_with("\n      note: odd ?[7m"));
  result.outcome = Outcome::failed;
  result.error = "a.wav: broken";
  EXPECT_EQ(describe(result), "failed: a.wav: broken");
  result.error = "out of memory";
  EXPECT_EQ(describe(result), "failed: a.wav: out of memory");
  result.job.input = "a\n.wav";
  result.error = "a\n.wav: broken";
  EXPECT_EQ(describe(result), "failed: a?.wav: broken");
}

}  // namespace
}  // namespace limpid::cli
