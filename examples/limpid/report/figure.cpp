// SPDX-License-Identifier: MIT
#include "examples/limpid/report/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "examples/limpid/report/colour_map.h"
#include "examples/limpid/report/markup.h"
#include "examples/limpid/report/spectrogram.h"
#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

// The drawing in its own units; the page scales it.
constexpr double kLeft = 46, kPlot = 560, kRight = 52, kWave = 64, kGap = 14, kPicture = 200,
                 kBottom = 24, kTop = 8;
constexpr double kPictureTop = kTop + kWave + kGap;
constexpr double kWidth = kLeft + kPlot + kRight, kHeight = kPictureTop + kPicture + kBottom;

// 1, 2 or 5 times a power of ten, so that `span` has at most `most` steps.
double round_step(double span, int most) {
  const double rough = span / most;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough) return factor * power;
  return 10 * power;
}

std::string text(double x, double y, std::string_view anchor, std::string_view content) {
  return fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='{}'>{}</text>", x, y, anchor,
                     content);
}

std::string time_axis(double seconds) {
  std::string svg;
  const double step = round_step(std::max(seconds, 0.01), 8);
  for (double t = 0; t <= seconds * 1.0001; t += step) {
    const double x = kLeft + kPlot * t / std::max(seconds, 0.01);
    svg += fmt::format("<path class='tick' d='M{:.1f} {}v4'/>", x, kPictureTop + kPicture);
    svg += text(x, kPictureTop + kPicture + 16, "middle",
                seconds < 60 ? fmt::format("{:.3g} s", t) : clock_time(t));
  }
  return svg;
}

std::string frequency_axis(int sample_rate) {
  std::string svg;
  const double top = sample_rate / 2.0, step = round_step(top, 5);
  for (double f = 0; f <= top * 1.0001; f += step) {
    const double y = kPictureTop + kPicture * (1 - f / top);
    svg += fmt::format("<path class='tick' d='M{} {:.1f}h-4'/>", kLeft, y);
    svg += text(kLeft - 7, y + 3.5, "end",
                f < 1000 ? fmt::format("{:.0f} Hz", f) : fmt::format("{:.3g} kHz", f / 1000));
  }
  return svg;
}

std::string colour_bar() {
  constexpr int kSteps = 30;
  const auto colours = colour_map(kSteps);
  const double x = kLeft + kPlot + 10, height = kPicture / kSteps;
  std::string svg;
  for (int i = 0; i < kSteps; ++i) {
    const Colour& c = colours[static_cast<std::size_t>(i)];
    svg += fmt::format(
        "<rect x='{}' y='{:.2f}' width='8' height='{:.2f}' fill='#{:02x}{:02x}{:02x}'/>", x,
        kPictureTop + kPicture - (i + 1) * height, height + 0.3, c.red, c.green, c.blue);
  }
  for (int level = 0; level >= kLowestLevel; level -= 30)
    svg += text(x + 12, kPictureTop + kPicture * level / kLowestLevel + (level == 0 ? 8 : 3.5),
                "start", level == 0 ? "0 dB" : fmt::format("−{}", -level));
  return svg;
}

std::string waveform(const std::vector<Extremes>& points) {
  const double middle = kTop + kWave / 2, scale = kWave / 2;
  std::string upper, lower;
  const double step = kPlot / static_cast<double>(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double x = kLeft + step * (static_cast<double>(i) + 0.5);
    const auto y = [&](float value) { return middle - scale * std::clamp(value, -1.0f, 1.0f); };
    upper += fmt::format("{}{:.1f} {:.1f}", i == 0 ? 'M' : 'L', x, y(points[i].high) - 0.3);
    lower = fmt::format("L{:.1f} {:.1f}", x, y(points[i].low) + 0.3) + lower;
  }
  return fmt::format("<path class='axis' d='M{} {}h{}'/><path class='wave' d='{}{}Z'/>", kLeft,
                     middle, kPlot, upper, lower) +
         text(kLeft - 7, kTop + 8, "end", "1") + text(kLeft - 7, middle + 3.5, "end", "0") +
         text(kLeft - 7, kTop + kWave, "end", "−1");
}

}  // namespace

std::string figure(const Portrait& portrait, std::string_view title) {
  return fmt::format(
             "<svg viewBox='0 0 {} {}' role='img' aria-label='{}: waveform and spectrogram' "
             "data-seconds='{:.3f}'>",
             kWidth, kHeight, title, portrait.seconds) +
         waveform(portrait.waveform) +
         fmt::format(
             "<image x='{}' y='{}' width='{}' height='{}' preserveAspectRatio='none' "
             "href='{}'/>",
             kLeft, kPictureTop, kPlot, kPicture, data_uri("image/png", portrait.spectrogram)) +
         time_axis(portrait.seconds) + frequency_axis(portrait.sample_rate) + colour_bar() +
         fmt::format("<path class='head' data-left='{}' data-width='{}' d='M0 {}V{}'/></svg>",
                     kLeft, kPlot, kTop, kPictureTop + kPicture);
}

}  // namespace limpid::cli
