// SPDX-License-Identifier: MIT
#include "tests/support/stream_contract.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <utility>

#include "tests/support/audio_compare.h"
#include "tests/support/realtime_guard.h"
#include "tests/support/signals.h"

namespace limpid::test {
namespace {

std::ptrdiff_t hop_of(const Model& model) {
  const auto format = model.format(model.spec().sample_rate);
  EXPECT_TRUE(format) << format.error().message;
  return format ? format->hop : 1;
}

// Noise for `lanes` lanes, as many frames as told.
Tensor<float, 2> noise_for(const Model& model, int lanes, int frames) {
  return noise(lanes * model.spec().input_channels, frames * hop_of(model));
}

// The largest relative error of a row.
double most_apart(AudioView<const float> got, AudioView<const float> want) {
  double most = 0;
  for (std::ptrdiff_t row = 0; row < want.extent(0); ++row)
    most = std::max(most, relative_error(got[row].span(), want[row].span(), 0, 0));
  return most;
}

double level_of_end(std::span<const float> y, std::ptrdiff_t samples) {
  double power = 0;
  for (const float sample : y.last(static_cast<std::size_t>(samples)))
    power += double{sample} * double{sample} / static_cast<double>(samples);
  return std::sqrt(power);
}

// How far an output moves with the last bit of every sample of its input: a network may make more
// of rounding than its own sums do, and then two orders of summation differ by as much.
double what_rounding_does(const Model& model, AudioView<const float> in, AudioView<const float> out,
                          Stretch stretch) {
  std::mt19937 random(7);
  Tensor<float, 2> moved({in.extent(0), in.extent(1)});
  for (std::ptrdiff_t row = 0; row < in.extent(0); ++row)
    for (std::ptrdiff_t n = 0; n < in.extent(1); ++n)
      moved.view()[row][n] = std::nextafter(in[row][n], random() % 2 == 0 ? 9.0f : -9.0f);
  const auto session = open(model, 1, stretch.max_frames);
  return most_apart(run(model, *session, moved.view(), stretch.max_frames, 0).view(), out);
}

// Two thirds of the samples of the first two channels, and all of the others; or all of all.
void poison_start(AudioView<float> audio, std::ptrdiff_t samples, float poison, bool all) {
  for (std::ptrdiff_t channel = 0; channel < audio.extent(0); ++channel)
    for (std::ptrdiff_t n = 0; n < samples; ++n)
      if (all || n % 3 != channel + 1) audio[channel][n] = poison;
}

// A tone with harmonics in every band: in bins that hold nothing but the side lobes of a far sine,
// which are others at other rates, a network may hear logarithms.
double level_of_a_tone(const Model& model, int rate) {
  const auto session = open(model, {.sample_rate = rate, .lanes = 1, .max_frames = 100});
  Tensor<float, 2> x({model.spec().input_channels, rate}), y({1, rate});
  for (int m = 0; m < x.extent(0); ++m) {
    for (int n = 0; n < rate; ++n) {
      const double time = static_cast<double>(n) / rate - 1e-4 * m;  // 3 cm farther
      double sum = 0;
      for (int k = 1; k <= 60; ++k)
        sum += std::sin(2 * std::numbers::pi * 125.0 * k * time + k * k);
      x.view()[m][n] = static_cast<float>(0.02 * sum);
    }
  }
  session->process(x.view(), y.view());
  double power = 0;
  for (int n = rate / 2; n < rate; ++n) power += std::pow(y.view()[0][n], 2);
  return std::sqrt(power / (rate / 2));
}

}  // namespace

std::unique_ptr<Session> open(const Model& model, SessionConfig config) {
  auto session = model.open(config);
  EXPECT_TRUE(session) << session.error().message;
  return session ? *std::move(session) : nullptr;
}

std::unique_ptr<Session> open(const Model& model, int lanes, int max_frames) {
  return open(model,
              {.sample_rate = model.spec().sample_rate, .lanes = lanes, .max_frames = max_frames});
}

Tensor<float, 2> run(const Model& model, Session& session, AudioView<const float> in,
                     int max_frames, unsigned seed, std::vector<float>* voice) {
  const ModelSpec& spec = model.spec();
  Tensor<float, 2> out({in.extent(0) / spec.input_channels * spec.output_channels, in.extent(1)});
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> chunk(1, max_frames);
  const int hop = session.format().hop;
  for (std::ptrdiff_t at = 0; at + hop <= in.extent(1);) {
    const std::ptrdiff_t frames = seed == 0 ? max_frames : chunk(random);
    const std::ptrdiff_t count = std::min(frames, (in.extent(1) - at) / hop) * hop;
    session.process(in.slice(1, at, count), out.view().slice(1, at, count));
    const auto heard = session.voice_activity().first(
        session.voice_activity().empty() ? 0 : static_cast<std::size_t>(count / hop));
    if (voice != nullptr) voice->insert(voice->end(), heard.begin(), heard.end());
    at += count;
  }
  return out;
}

void expect_any_chunking_gives_the_same(const Model& model, Stretch stretch) {
  const auto in = noise_for(model, 2, stretch.frames);
  std::vector<float> voice;
  const auto want = run(model, *open(model, 2, 1), in.view(), 1, 0, &voice);
  EXPECT_EQ(voice.size(),
            model.spec().voice_activity ? static_cast<std::size_t>(stretch.frames) : 0u);
  for (unsigned seed : {0u, 1u, 2u, 3u}) {
    std::vector<float> heard;
    const auto session = open(model, 2, stretch.max_frames);
    const auto got = run(model, *session, in.view(), stretch.max_frames, seed, &heard);
    for (std::ptrdiff_t row = 0; row < want.extent(0); ++row)
      EXPECT_LE(relative_error(got.view()[row].span(), want.view()[row].span(), 0, 0), 1e-5)
          << "seed " << seed;
    ASSERT_EQ(heard.size(), voice.size());
    for (std::size_t i = 0; i < heard.size(); ++i) EXPECT_NEAR(heard[i], voice[i], 1e-5);
  }
}

void expect_independent_lanes(const Model& model, int lanes, Stretch stretch, double tolerance) {
  const int inputs = model.spec().input_channels, outputs = model.spec().output_channels;
  const auto in = noise_for(model, lanes, stretch.frames);
  const auto together = open(model, lanes, stretch.max_frames);
  const auto all = run(model, *together, in.view(), stretch.max_frames, 0);
  for (int lane = 0; lane < lanes; ++lane) {
    const auto own = in.view().slice(0, lane * inputs, inputs);
    const auto alone = open(model, 1, stretch.max_frames);
    const auto one = run(model, *alone, own, stretch.max_frames, 0);
    const auto mine = all.view().slice(0, lane * outputs, outputs);
    const double error = most_apart(mine, one.view());
    if (error > tolerance) {
      EXPECT_LE(error, 4 * what_rounding_does(model, own, one.view(), stretch)) << "lane " << lane;
    }
  }
  // And to the bit, whatever the others are: every second one is silent now.
  Tensor<float, 2> fewer({in.extent(0), in.extent(1)});
  for (std::ptrdiff_t row = 0; row < in.extent(0); ++row)
    if (row / inputs % 2 == 0) std::ranges::copy(in.view()[row].span(), fewer.view()[row].data());
  together->reset();
  const auto some = run(model, *together, fewer.view(), stretch.max_frames, 0);
  for (std::ptrdiff_t row = 0; row < all.extent(0); ++row)
    if (row / outputs % 2 == 0) {
      EXPECT_TRUE(std::ranges::equal(some.view()[row].span(), all.view()[row].span())) << row;
    }
}

void expect_reset_is_a_fresh_start(const Model& model, Stretch stretch) {
  const auto in = noise_for(model, 1, stretch.frames);
  const auto session = open(model, 1, stretch.max_frames);
  const auto first = run(model, *session, in.view(), stretch.max_frames, 5);
  session->reset();
  const auto again = run(model, *session, in.view(), stretch.max_frames, 5);
  for (std::ptrdiff_t row = 0; row < first.extent(0); ++row)
    EXPECT_TRUE(std::ranges::equal(first.view()[row].span(), again.view()[row].span()));
}

void expect_restart_of_one_lane(const Model& model, Stretch stretch) {
  constexpr int kLanes = 3, kAnew = 1;
  const auto in = noise_for(model, kLanes, 2 * stretch.frames);
  const std::ptrdiff_t half = in.extent(1) / 2;
  const auto opened = [&] { return open(model, kLanes, stretch.max_frames); };
  const auto heard = [&](Session& session, std::ptrdiff_t begin) {
    return run(model, session, in.view().slice(1, begin, half), stretch.max_frames, 0);
  };
  const auto session = opened(), undisturbed = opened(), fresh = opened();
  heard(*session, 0);
  heard(*undisturbed, 0);
  EXPECT_TRUE(session->restart(kAnew));
  const auto got = heard(*session, half), old = heard(*undisturbed, half),
             anew = heard(*fresh, half);
  const int outputs = model.spec().output_channels;
  for (std::ptrdiff_t row = 0; row < got.extent(0); ++row) {
    const auto& want = row / outputs == kAnew ? anew : old;
    EXPECT_TRUE(std::ranges::equal(got.view()[row].span(), want.view()[row].span())) << row;
  }
  const auto voice = session->voice_activity();  // of the latest call
  for (std::size_t i = 0; i < voice.size(); ++i) {
    const Session& like = i / (voice.size() / kLanes) == kAnew ? *fresh : *undisturbed;
    EXPECT_EQ(voice[i], like.voice_activity()[i]) << i;
  }
}

void expect_in_place_equals_out_of_place(const Model& model, Stretch stretch) {
  auto both = noise_for(model, 2, stretch.frames);
  const auto session = open(model, 2, stretch.max_frames);
  const auto want = run(model, *session, both.view(), stretch.max_frames, 0);
  session->reset();
  const std::ptrdiff_t call = stretch.max_frames * hop_of(model);
  for (std::ptrdiff_t at = 0; at < both.extent(1); at += call) {
    const auto part = both.view().slice(1, at, std::min(call, both.extent(1) - at));
    session->process(part, part.slice(0, 0, want.extent(0)));
  }
  for (std::ptrdiff_t row = 0; row < want.extent(0); ++row)
    EXPECT_TRUE(std::ranges::equal(both.view()[row].span(), want.view()[row].span()));
}

void expect_realtime_process(const Model& model, int frames) {
  const auto in = noise_for(model, 2, frames);
  const std::ptrdiff_t hop = hop_of(model);
  Tensor<float, 2> out({2 * model.spec().output_channels, in.extent(1)});
  const auto session = open(model, 2, frames);
  expect_realtime([&] {
    for (int i = 0; i < 4; ++i) session->process(in.view(), out.view());
    session->reset();
    session->process(in.view().slice(1, 0, hop), out.view().slice(1, 0, hop));
    session->restart(1);
  });
}

void expect_recovery_from_hostile_input(const Model& model, int frames, int forgotten) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto clean = noise_for(model, 1, frames);
  const std::ptrdiff_t hop = hop_of(model);
  const auto late = static_cast<std::size_t>(forgotten * hop);
  const auto want = run(model, *open(model, 1, 4), clean.view(), 4, 0);
  const std::pair<float, bool> poisons[] = {
      {nan, false},    {nan, true},     {inf, false},  {-inf, false}, {1e30f, false},
      {-3e38f, false}, {1e-42f, false}, {0.0f, false}, {0.0f, true},  {1.0f, false}};
  for (const auto& [poison, all] : poisons) {
    auto in = noise_for(model, 1, frames);
    poison_start(in.view(), 20 * hop, poison, all);
    const auto session = open(model, 1, 4);
    const auto got = run(model, *session, in.view(), 4, 0);
    EXPECT_EQ(session->repaired() > 0, !std::isfinite(poison));
    for (std::ptrdiff_t row = 0; row < want.extent(0); ++row) {
      const auto y = got.view()[row].span();
      for (float sample : y) ASSERT_TRUE(std::isfinite(sample)) << poison;
      EXPECT_LE(level_of_end(y, 10 * hop), 4 * level_of_end(want.view()[row].span(), 10 * hop))
          << poison;
      if (forgotten == 0) continue;
      EXPECT_LE(relative_error(y, want.view()[row].span(), late, 0), 1e-5) << poison;
    }
  }
}

void expect_settled_streams_are_alike(const Model& model) {
  const int settle = model.spec().settle_hops, wanted = 50;
  ASSERT_GT(settle, 0);
  const int before = (2 * settle + 63) / 64 * 64;  // blocks of both lie alike
  const auto in = noise_for(model, 1, before + settle + wanted);
  const auto hop = hop_of(model);
  const auto end_of = [&](int begin, std::vector<float>& voice) {
    const auto heard = in.view().slice(1, begin * hop, in.extent(1) - begin * hop);
    auto out = run(model, *open(model, 1, 16), heard, 16, 0, &voice);
    if (!voice.empty()) voice.erase(voice.begin(), voice.end() - wanted);
    Tensor<float, 2> end({out.extent(0), wanted * hop});
    for (std::ptrdiff_t row = 0; row < end.extent(0); ++row)
      std::copy_n(out.view()[row].data() + out.extent(1) - wanted * hop, wanted * hop,
                  end.view()[row].data());
    return end;
  };
  std::vector<float> old_voice, settled_voice, young_voice;
  const auto old = end_of(0, old_voice), settled = end_of(before, settled_voice),
             young = end_of(before + settle - settle / 4, young_voice);
  EXPECT_LE(most_apart(settled.view(), old.view()), 1e-6);
  EXPECT_GT(most_apart(young.view(), old.view()), 1e-5);
  EXPECT_EQ(old_voice.empty(), !model.spec().voice_activity);
  for (std::size_t frame = 0; frame < old_voice.size(); ++frame)
    EXPECT_NEAR(settled_voice[frame], old_voice[frame], 1e-6);
}

void expect_a_tone_alike_at_every_rate(const Model& model, double tolerance) {
  EXPECT_NEAR(level_of_a_tone(model, 48000) / level_of_a_tone(model, 16000), 1.0, tolerance);
}

}  // namespace limpid::test
