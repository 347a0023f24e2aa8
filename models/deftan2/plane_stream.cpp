// SPDX-License-Identifier: MIT
#include "models/deftan2/plane_stream.h"

#include <array>

#include "lib/kernels/norms.h"
#include "models/deftan2/group_norm.h"

namespace limpid::models {
namespace {

using kernels::gemm;
using kernels::Matrix;

// Three frames, each from the row below: three taps along frequency lie side by side.
void put_taps(const FrameRing& ring, int channels, const float* base,
              std::span<std::ptrdiff_t, 3> offsets) noexcept {
  ring.taps(0, 1, base + channels, offsets);
}

// y = prelu(norm(y)), either of which may be missing.
void finish(const DenseStage& stage, std::span<float> scale, std::span<float> shift,
            Matrix<float> y) LIMPID_REALTIME {
  if (stage.slope.empty()) return;
  if (stage.norm.gain.empty()) {
    std::ranges::fill(scale, 1.0f);
    std::ranges::fill(shift, 0.0f);
  } else {
    GroupMoments moments;
    moments.add(y);
    moments.transform(stage.norm, scale.data(), shift.data());
  }
  kernels::affine_prelu(y, scale.data(), shift.data(), stage.slope.data(), y);
}

}  // namespace

PlaneStream::PlaneStream(Arena& arena, const Deftan2PlaneBlock& block, int bins)
    : input_(arena, 2, bins, block.inputs, 1) {
  for (int g = 0; g < block.groups(); ++g) groups_.emplace_back(arena, 2, bins, block.width, 1);
  for (int g = 1; g < block.groups(); ++g) stages_.emplace_back(arena, 2, bins, block.width, 1);
  scale_ = arena.claim<float>(static_cast<std::size_t>(block.width));
  shift_ = arena.claim<float>(static_cast<std::size_t>(block.width));
}

Matrix<float> PlaneStream::next() LIMPID_REALTIME {
  input_.advance();
  return input_.now();
}

void PlaneStream::step(const Deftan2PlaneBlock& block, Matrix<float> out) LIMPID_REALTIME {
  std::array<std::ptrdiff_t, 6> taps{};
  const auto all = std::span(taps);
  const auto before = all.first<3>(), own = all.last<3>();
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    groups_[g].advance();
    const Matrix<float> base = input_.now();
    put_taps(input_, block.inputs, base.data, before);
    gemm(base, before, block.conv[g].weights, block.conv[g].bias, groups_[g].now());
  }
  if (!block.norm.empty()) normalise(block);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const DenseStage& stage = block.dense[g];
    const Matrix<float> base = groups_[g].now();
    const bool last = g + 1 == groups_.size();
    if (!last) stages_[g].advance();
    const Matrix<float> result = last ? out : stages_[g].now();
    put_taps(groups_[g], block.width, base.data, own);
    if (g > 0) put_taps(stages_[g - 1], block.width, base.data, before);
    gemm(base, g > 0 ? std::span<const std::ptrdiff_t>(all) : own, stage.conv.weights,
         stage.conv.bias, result);
    finish(stage, scale_, shift_, result);
  }
}

void PlaneStream::normalise(const Deftan2PlaneBlock& block) LIMPID_REALTIME {
  GroupMoments moments;
  for (const FrameRing& group : groups_) moments.add(group.now());
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const Matrix<float> y = groups_[g].now();
    moments.transform(block.norm[g], scale_.data(), shift_.data());
    kernels::affine_prelu(y, scale_.data(), shift_.data(), nullptr, y);
  }
}

void PlaneStream::reset() LIMPID_REALTIME {
  input_.reset();
  for (FrameRing& ring : groups_) ring.reset();
  for (FrameRing& ring : stages_) ring.reset();
}

}  // namespace limpid::models
