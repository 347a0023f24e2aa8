// SPDX-License-Identifier: MIT
#include "models/deftan2/plane_whole.h"

#include <algorithm>
#include <array>

#include "lib/kernels/norms.h"

namespace limpid::models {
namespace {

using kernels::gemm;
using kernels::Matrix;

// Three frames beginning at `first`, each from the row below: taps along frequency lie side by
// side.
void put_taps(Matrix<const float> first, std::ptrdiff_t frame, const float* base,
              std::span<std::ptrdiff_t, 3> offsets) noexcept {
  for (int tap = 0; tap < 3; ++tap)
    offsets[static_cast<std::size_t>(tap)] = first.data - first.columns + tap * frame - base;
}

}  // namespace

PlaneWhole::Tile::Tile(Arena& arena, int frames, int bins_, int channels_)
    : bins(bins_), channels(channels_) {
  memory = arena.claim<float>(static_cast<std::size_t>(frames) *
                              static_cast<std::size_t>((bins + 2) * channels));
}

Matrix<float> PlaneWhole::Tile::frame(int i) const noexcept {
  const std::ptrdiff_t row = std::ptrdiff_t{i} * (bins + 2) + 1;
  return {memory.data() + row * channels, channels, bins, channels};
}

void PlaneWhole::Tile::clear(int i) const noexcept {
  std::fill_n(frame(i).data, std::ptrdiff_t{bins} * channels, 0.0f);
}

PlaneWhole::PlaneWhole(const Deftan2PlaneBlock& block, int bins, ThreadTeam& team)
    : block_(block),
      team_(team),
      input_(arena_, kTile + 4, bins, block.inputs),
      group_(arena_, kTile + 2, bins, block.width),
      before_(arena_, kTile + 2, bins, block.width),
      moments_(kTile) {
  const auto width = static_cast<std::size_t>(block.width);
  const Affine identity{std::vector<float>(width, 1.0f), std::vector<float>(width)};
  group_norm_.assign(static_cast<std::size_t>(block.groups()), identity);
  stage_norm_ = identity;
}

void PlaneWhole::run(PlaneMap in, PlaneMap out) {
  if (!block_.norm.empty()) measure(in);
  for (std::size_t g = 0; g < block_.dense.size(); ++g) {
    const GroupMoments moments = stage(g, in, out);
    moments.transform(block_.dense[g].norm, stage_norm_.scale.data(), stage_norm_.shift.data());
  }
  team_.each(out.frames, [&](int, int t) {
    kernels::affine_prelu(out.frame(t), stage_norm_.scale.data(), stage_norm_.shift.data(),
                          block_.dense.back().slope.data(), out.frame(t));
  });
}

// The norm over all groups needs all of them at once, which would be the largest plane of all. The
// first convolution is cheap, so it is done here for the norm alone, and again where it is needed.
void PlaneWhole::measure(PlaneMap in) {
  GroupMoments total;
  for (int begin = 0; begin < in.frames; begin += kTile) {
    const int frames = std::min(kTile, in.frames - begin);
    load(in, begin, begin + frames);
    for (std::size_t g = 0; g < block_.conv.size(); ++g) {
      team_.each(frames, [&](int, int i) {
        convolve(g, begin, in.frames, i + 1);
        auto& moments = moments_[static_cast<std::size_t>(i)];
        moments = {};
        moments.add(group_.frame(i + 1));
      });
      for (int i = 0; i < frames; ++i) total.add(moments_[static_cast<std::size_t>(i)]);
    }
  }
  for (std::size_t g = 0; g < block_.norm.size(); ++g)
    total.transform(block_.norm[g], group_norm_[g].scale.data(), group_norm_[g].shift.data());
}

GroupMoments PlaneWhole::stage(std::size_t group, PlaneMap in, PlaneMap out) {
  GroupMoments total;
  for (int begin = 0; begin < in.frames; begin += kTile) {
    const int frames = std::min(kTile, in.frames - begin);
    load(in, begin, begin + frames);
    if (begin == 0) {
      before_.clear(0);
    } else {  // the last frame of the tile before, which `out` has no more
      const Matrix<float> kept = before_.frame(kTile);
      std::copy_n(kept.data, std::ptrdiff_t{kept.rows} * kept.columns, before_.frame(0).data);
    }
    team_.each(frames + 2, [&](int, int i) {
      convolve(group, begin, in.frames, i);
      const auto& norm = group_norm_[group];
      const bool inside = begin + i >= 1 && begin + i <= in.frames;
      if (inside)
        kernels::affine_prelu(group_.frame(i), norm.scale.data(), norm.shift.data(), nullptr,
                              group_.frame(i));
      if (group > 0 && i > 0) take_result(out, group - 1, begin, i);
    });
    team_.each(frames, [&](int, int i) { store_stage(group, out, begin, i); });
    for (int i = 0; i < frames; ++i) total.add(moments_[static_cast<std::size_t>(i)]);
  }
  return total;
}

// Frames begin - 2 .. end + 1; those outside the recording are zero.
void PlaneWhole::load(PlaneMap in, int begin, int end) {
  team_.each(end - begin + 4, [&](int, int i) {
    const int t = begin + i - 2;
    input_.clear(i);
    if (t >= 0 && t < in.frames)
      std::copy_n(in.frame(t).data, std::ptrdiff_t{in.bins} * in.channels, input_.frame(i).data);
  });
}

// Frame begin - 1 + i of a group; zeros outside the recording, where the next convolution pads.
void PlaneWhole::convolve(std::size_t group, int begin, int frames, int i) {
  const int t = begin - 1 + i;
  if (t < 0 || t >= frames) return group_.clear(i);
  const Matrix<float> base = input_.frame(i);
  std::array<std::ptrdiff_t, 3> taps{};
  put_taps(base, input_.frame(1).data - input_.frame(0).data, base.data, std::span(taps));
  gemm(base, taps, block_.conv[group].weights, block_.conv[group].bias, group_.frame(i));
}

// Frame begin - 1 + i of the stage before, with its norm and PReLU.
void PlaneWhole::take_result(PlaneMap out, std::size_t group, int begin, int i) {
  const int t = begin - 1 + i;
  if (t >= out.frames) return before_.clear(i);
  kernels::affine_prelu(out.frame(t), stage_norm_.scale.data(), stage_norm_.shift.data(),
                        block_.dense[group].slope.data(), before_.frame(i));
}

void PlaneWhole::store_stage(std::size_t group, PlaneMap out, int begin, int i) {
  const Matrix<float> own = group_.frame(i), result = out.frame(begin + i);
  const std::ptrdiff_t frame = group_.frame(1).data - group_.frame(0).data;
  std::array<std::ptrdiff_t, 6> taps{};
  const auto all = std::span(taps);
  put_taps(before_.frame(i), frame, own.data, all.first<3>());
  put_taps(own, frame, own.data, all.last<3>());
  const Linear& conv = block_.dense[group].conv;
  gemm(own, group > 0 ? std::span<const std::ptrdiff_t>(all) : all.last<3>(), conv.weights,
       conv.bias, result);
  auto& moments = moments_[static_cast<std::size_t>(i)];
  moments = {};
  moments.add(result);
}

}  // namespace limpid::models
