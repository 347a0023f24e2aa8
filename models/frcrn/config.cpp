// SPDX-License-Identifier: MIT
#include "models/frcrn/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/dsp/stft.h"
#include "lib/nn/complex_transposed_conv.h"
#include "models/config_fields.h"
#include "models/level_features.h"
#include "models/rates.h"

namespace limpid::models {
namespace {

constexpr int kMaxDepth = 10, kMaxChannels = 1024, kMaxKernel = 9, kMaxOrder = 256;

constexpr NumberField<FrcrnConfig> kNumbers[] = {
    {"sample_rate", &FrcrnConfig::sample_rate, kLowestRate, kHighestRate},
    {"level_horizon", &FrcrnConfig::level_horizon, 0, 1'000'000, true},
    {"unets", &FrcrnConfig::unets, 1, 2},
    {"frequency_order", &FrcrnConfig::frequency_order, 0, kMaxOrder},
    {"time_order", &FrcrnConfig::time_order, 0, kMaxOrder},
    {"time_layers", &FrcrnConfig::time_layers, 0, 8},
    {"taps", &FrcrnConfig::taps, 1, kMaxTaps, true}};

bool all_within(const std::vector<int>& values, int low, int high) {
  for (int value : values)
    if (value < low || value > high) return false;
  return true;
}

// The first thing wrong with the numbers themselves, or "".
std::string number_problem(const FrcrnConfig& c) {
  if (auto problem = range_problem(kNumbers, c); !problem.empty()) return problem;
  const auto levels = c.channels.size();
  if (levels < 2 || levels > kMaxDepth) return "depth must be 2.." + std::to_string(kMaxDepth);
  if (c.kernels.size() != levels || c.decoder_kernels.size() != levels)
    return "channels, kernels and decoder_kernels differ in length";
  if (!all_within(c.channels, 1, kMaxChannels))
    return "channels must be 1.." + std::to_string(kMaxChannels);
  if (!all_within(c.kernels, 2, kMaxKernel) || !all_within(c.decoder_kernels, 2, kMaxKernel))
    return "kernels must be 2.." + std::to_string(kMaxKernel);
  if (!(c.hop >= 0.001 && c.hop <= 0.1 && c.window >= 0.002 && c.window <= 0.2))
    return "window and hop must be 0.001..0.2 seconds";
  if (!whole_hops(c.window, c.hop) || std::lround(c.window / c.hop) < 2)
    return "window must be two hops or more, and whole ones";
  if (dsp::stft_at(c.window, c.hop, c.sample_rate).window % 2 != 0)
    return "window must be an even number of samples";
  if (c.any_rate && std::lround(c.window / c.hop) % 2 != 0)
    return "with any_rate the window must be an even number of hops, or it is odd at some rates";
  if (c.compression != 1.0f && c.compression != 0.5f) return "compression must be 1 or 0.5";
  if (c.level_horizon > 0 && (c.unets != 1 || c.pooling == nn::Pooling::global))
    return "level_horizon needs unets 1 and a pooling that streams";
  if (c.taps > 1 && (c.unets != 1 || c.lookahead))
    return "taps above 1 need unets 1 and no look-ahead";
  if (c.pooling == nn::Pooling::global && !c.lookahead)
    return "global pooling is for networks with look-ahead, which take whole recordings";
  if (c.reduction < 1 || c.pooling_horizon < 1)
    return "reduction and pooling_horizon must be positive";
  if (c.pooling != nn::Pooling::none && !all_within(c.channels, c.reduction, kMaxChannels))
    return "reduction exceeds the channels";
  if (c.pooling == nn::Pooling::frozen && !all_within(c.channels, c.channels[0], c.channels[0]))
    return "frozen pooling needs equal channels everywhere";
  return "";
}

// Every decoder must give back the frequencies that its encoder took.
std::string geometry_problem(const FrcrnConfig& c) {
  for (int level = 0; level < c.depth(); ++level)
    if (c.encoder(level).in_rows < c.encoder(level).kernel)
      return "encoder " + std::to_string(level) + " has fewer frequencies than kernel taps";
  for (int stage = 0; stage < c.depth(); ++stage) {
    const int got = nn::ComplexTransposedConv::out_rows(c.decoder(stage));
    const int want = c.encoder(c.depth() - 1 - stage).in_rows;
    if (got != want)
      return "decoder " + std::to_string(stage) + " makes " + std::to_string(got) +
             " frequencies where its encoder had " + std::to_string(want);
  }
  return "";
}

std::string config_problem(const FrcrnConfig& c) {
  auto problem = number_problem(c);
  return problem.empty() ? geometry_problem(c) : problem;
}

FrcrnConfig read(const nlohmann::json& j) {
  FrcrnConfig c;
  read_numbers(j, kNumbers, c);
  c.window = j.at("window").get<double>();
  c.hop = j.at("hop").get<double>();
  c.any_rate = j.at("any_rate").get<bool>();
  c.compression = j.at("compression").get<float>();
  c.channels = whole_numbers(j, "channels");
  c.kernels = whole_numbers(j, "kernels");
  c.decoder_kernels = whole_numbers(j, "decoder_kernels");
  c.pooling = one_of<nn::Pooling>(j, "pooling",
                                  {{"none", nn::Pooling::none},
                                   {"global", nn::Pooling::global},
                                   {"running", nn::Pooling::running},
                                   {"frozen", nn::Pooling::frozen}});
  c.reduction = whole_number(j, "reduction");
  c.pooling_horizon = whole_number(j, "pooling_horizon", c.pooling_horizon);
  c.lookahead = j.at("lookahead").get<bool>();
  c.voice = j.value("voice", c.voice);
  return c;
}

}  // namespace

int FrcrnConfig::bins() const LIMPID_REALTIME {
  return dsp::stft_at(window, hop, sample_rate).bins();
}

MaskTraits FrcrnConfig::traits() const noexcept {
  return {window, hop, bins(), taps, lookahead_frames(), voice};
}

int FrcrnConfig::past() const noexcept {
  if (pooling == nn::Pooling::running || pooling == nn::Pooling::global) return -1;
  const int memory = time_order > 0 ? time_layers * (time_order - 1) : 0;
  return unets * (2 * depth() + memory) + LevelFeatures::settle(level_horizon);
}

nn::ConvShape FrcrnConfig::encoder(int level) const LIMPID_REALTIME {
  nn::ConvShape shape{inputs(), channels[0], kernels[0], bins()};
  for (int i = 1; i <= level; ++i) {
    const auto at = static_cast<std::size_t>(i);
    shape = {channels[at - 1], channels[at], kernels[at], nn::ComplexConv::out_rows(shape)};
  }
  return shape;
}

nn::ConvShape FrcrnConfig::decoder(int stage) const LIMPID_REALTIME {
  const int level = depth() - 1 - stage;
  const nn::ConvShape mirror = encoder(level);
  const int below = channels[static_cast<std::size_t>(level)];
  return {stage == 0 ? below : 2 * below, level == 0 ? taps : mirror.in_channels,
          decoder_kernels[static_cast<std::size_t>(stage)], nn::ComplexConv::out_rows(mirror)};
}

double FrcrnConfig::macs_per_second() const {
  double macs = 0;
  // A complex product is four real ones. Two taps in time; F and G of a recurrence each meet both
  // parts, with two dense matrices and one filter.
  const auto recurrence = [](int rows, double c, int order) {
    return 4.0 * rows * c * (2 * c + order);
  };
  for (int i = 0; i < depth(); ++i) {
    const auto e = encoder(i), d = decoder(i);
    macs += 4.0 * 2 * e.kernel * e.in_channels * e.out_channels * nn::ComplexConv::out_rows(e);
    macs += 4.0 * 2 * d.kernel * d.in_channels * d.out_channels * d.in_rows;
    if (frequency_order > 0 && i > 0) {
      macs += recurrence(e.in_rows, e.in_channels, frequency_order);
      macs += recurrence(d.in_rows, decoder(i - 1).out_channels, frequency_order);
    }
  }
  if (time_order > 0) macs += time_layers * recurrence(1, channels.back(), time_order);
  macs += 4.0 * taps * taps * bins();  // the closing 1x1 convolution
  if (taps > 1) macs += 4.0 * taps * bins();
  macs *= unets;
  if (voice) macs += 2.0 * channels.back();
  return macs / hop;
}

Result<FrcrnConfig> parse_frcrn_config(std::string_view json, const std::string& origin) {
  return read_config(json, origin, "FRCRN", read, config_problem);
}

}  // namespace limpid::models
