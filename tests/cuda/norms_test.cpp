// SPDX-License-Identifier: MIT
// Norms of rows, frames and planes, thread by thread, against the reference kernels of the CPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "lib/kernels/cuda/frame_norm.h"
#include "lib/kernels/norms.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"
#include "tests/cuda/plane_norm.h"

namespace limpid::kernels::cuda {
namespace {

using test::uniform_noise;

TEST(CudaNorms, OfRowsFramesAndPlanes) {
  constexpr float kEpsilon = 1e-5f;
  for (const auto& [lanes, frames, rows, channels] :
       {std::array{1, 1, 1, 1}, {2, 3, 5, 6}, {1, 2, 300, 16}, {3, 1, 9, 512}, {1, 1, 3, 1024}}) {
    const auto count = size(lanes * frames * rows * channels), all = size(channels);
    for (const float offset : {0.0f, 30.0f}) {
      const auto x = uniform_noise(count, 1, offset), gain = uniform_noise(all, 2, 1),
                 shift = uniform_noise(all, 3), slope = uniform_noise(all, 4);
      for (const float* leak : {static_cast<const float*>(nullptr), slope.data()}) {
        const NormWeights weights{gain.data(), shift.data(), leak, kEpsilon};
        std::vector<float> by_row(count), want(count), by_frame = x;
        const std::int64_t row = channels, frame = row * rows, lane = frame * frames;
        emulate<RowNorm<>>({{x.data(), lane, frame, 0},
                            {by_row.data(), lane, frame, 0},
                            weights,
                            lanes,
                            frames,
                            rows,
                            channels,
                            row});
        const auto framed = [&](std::vector<float>& y) {
          return FrameNormArgs{
              {y.data(), lane, frame, 0}, weights, lanes, frames, rows, channels, row};
        };
        emulate<FrameNorm<>>(framed(by_frame));
        std::vector<float> by_plane = x;
        emulate_plane_norm(framed(by_plane));
        const auto matrix = [](auto& values, std::int64_t width) {
          return Matrix<const float>{values.data(), width,
                                     static_cast<int>(std::ssize(values) / width),
                                     static_cast<int>(width)};
        };
        const Matrix<float> to{want.data(), channels, lanes * frames * rows, channels};
        reference::layer_norm(matrix(x, channels), gain.data(), shift.data(), leak, kEpsilon, to);
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_NEAR(by_row[i], want[i], offset > 0 ? 2e-4 : 1e-5) << channels << " " << i;

        // A norm of a frame is one of a row as long as it.
        std::vector<float> ones(size(frame), 1.0f), zeros(size(frame), 0.0f);
        reference::layer_norm(matrix(x, frame), ones.data(), zeros.data(), nullptr, kEpsilon,
                              {want.data(), frame, lanes * frames, static_cast<int>(frame)});
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_NEAR(by_frame[i], weights.apply(want[i], static_cast<int>(i % all)),
                      offset > 0 ? 2e-4 : 1e-5)
              << channels << " " << i;

        // And one of a plane.
        ones.resize(size(lane), 1.0f), zeros.resize(size(lane));
        reference::layer_norm(matrix(x, lane), ones.data(), zeros.data(), nullptr, kEpsilon,
                              {want.data(), lane, lanes, static_cast<int>(lane)});
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_NEAR(by_plane[i], weights.apply(want[i], static_cast<int>(i % all)),
                      offset > 0 ? 2e-4 : 1e-5)
              << channels << " " << i;
      }
    }
  }
}

// Rows with something between them and frames that begin anywhere, four values at a time where
// those lie at aligned places and one where not: as dense ones.
TEST(CudaNorms, OfRowsApart) {
  constexpr int kLanes = 2, kFrames = 3, kRows = 37;
  for (const auto& [channels, gap, first, fours] : {std::array{64, 0, 0, 1},
                                                    {64, 8, 4, 1},
                                                    {64, 1, 0, 0},
                                                    {64, 0, 2, 0},
                                                    {130, 2, 0, 0},
                                                    {2400, 4, 0, 1},
                                                    {12, 4, 8, 1},
                                                    {5, 2, 1, 0}}) {
    SCOPED_TRACE(channels);
    const auto gain = uniform_noise(size(channels), 2, 1), shift = uniform_noise(size(channels), 3),
               slope = uniform_noise(size(channels), 4);
    const NormWeights weights{gain.data(), shift.data(), slope.data(), 1e-5f};
    struct Normed {
      std::vector<float> row, frame, plane;
    };
    const auto run = [&](int apart, int begin, bool wide) {
      const std::int64_t row = channels + apart, frame = row * kRows, lane = frame * kFrames;
      const auto values = uniform_noise(size(kLanes * kFrames * kRows * channels), 1);
      std::vector<float> x(size(begin + kLanes * lane), 77.0f);
      const auto at = [&](std::int64_t i) {
        return size(begin + i / channels * row + i % channels);
      };
      for (std::size_t i = 0; i < values.size(); ++i) x[at(std::int64_t(i))] = values[i];
      Normed y{std::vector<float>(size(begin) + values.size()), x, x};
      const RowNormArgs rows{
          {x.data() + begin, lane, frame, 0},
          {y.row.data() + begin, kFrames * kRows * channels, kRows * channels, 0},
          weights,
          kLanes,
          kFrames,
          kRows,
          channels,
          row};
      const auto framed = [&](std::vector<float>& values_of) {
        return FrameNormArgs{{values_of.data() + begin, lane, frame, 0},
                             weights,
                             kLanes,
                             kFrames,
                             kRows,
                             channels,
                             row};
      };
      EXPECT_EQ(rows.whole_fours(), wide);
      EXPECT_EQ(framed(y.frame).whole_fours(), wide);
      emulate<RowNorm<>>(rows);
      emulate<FrameNorm<>>(framed(y.frame));
      emulate_plane_norm(framed(y.plane));
      y.row.erase(y.row.begin(), y.row.begin() + begin);
      for (std::vector<float>* in_place : {&y.frame, &y.plane}) {
        std::vector<float> dense;
        for (std::size_t i = 0; i < values.size(); ++i) {
          float& value = (*in_place)[at(std::int64_t(i))];
          dense.push_back(value);
          value = 77;
        }
        EXPECT_TRUE(std::ranges::all_of(*in_place, [](float v) { return v == 77; })) << "between";
        *in_place = dense;
      }
      return y;
    };
    const Normed got = run(gap, first, fours != 0), want = run(0, 0, channels % 4 == 0);
    for (std::size_t i = 0; i < want.row.size(); ++i) {
      ASSERT_NEAR(got.row[i], want.row[i], 1e-5) << i;
      ASSERT_NEAR(got.frame[i], want.frame[i], 1e-5) << i;
      ASSERT_NEAR(got.plane[i], want.plane[i], 1e-5) << i;
    }
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
