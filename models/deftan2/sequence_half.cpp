// SPDX-License-Identifier: MIT
#include "models/deftan2/sequence_half.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "lib/kernels/gates.h"
#include "lib/kernels/linear_attention.h"
#include "lib/kernels/norms.h"
#include "models/deftan2/group_norm.h"
#include "models/sizes.h"

namespace limpid::models {
namespace {

using kernels::Activation;
using kernels::gemm;
using kernels::Matrix;

constexpr int kPiece = 128;  // positions

}  // namespace

SequenceHalf::SequenceHalf(Arena& arena, const Deftan2Config& config, int longest)
    : config_(config) {
  const int c = config.channels, half = config.hidden / 2, inner = config.inner();
  const int reach = 2 << (config.layers - 1);  // of the widest dilated convolution
  const int wide = std::max({2 * c, inner, half});
  // One claim, because products read from several of these at once, at distances within it.
  std::span<float> memory = arena.claim<float>(3 * floats(longest + 2 * config.unfold, c) +
                                               floats(longest + 2 * reach, half) +
                                               floats(longest, half) + floats(kPiece, wide + c));
  y_ = claim(memory, longest, config.unfold, c);
  z_ = claim(memory, longest, config.unfold, c);
  other_ = claim(memory, longest, config.unfold, c);
  around_ = claim(memory, longest, reach, half);
  conv_ = claim(memory, longest, 0, half);
  wide_ = claim(memory, kPiece, 0, wide);
  narrow_ = claim(memory, kPiece, 0, c);
  peak_ = arena.claim<float>(floats(1, inner));
  sum_ = arena.claim<float>(floats(1, inner));
  context_ = arena.claim<float>(floats(inner, c));
  packed_ = arena.claim<float>(kernels::PackedMatrix::packed_size(c, inner));
  head_ = arena.claim<float>(floats(config.head_width, c));
  scale_ = arena.claim<float>(floats(1, std::max(c, half)));
  shift_ = arena.claim<float>(floats(1, std::max(c, half)));
}

SequenceHalf::Rows SequenceHalf::claim(std::span<float>& memory, int positions, int pad,
                                       int columns) const noexcept {
  const Rows rows{memory.data() + floats(pad, columns), columns};
  memory = memory.subspan(floats(positions + 2 * pad, columns));
  return rows;
}

void SequenceHalf::Rows::clear(int position, int count) const noexcept {
  std::fill_n(at(position), floats(count, columns), 0.0f);
}

template <class Body>
void SequenceHalf::in_pieces(int length, const Body& body) noexcept {
  const int pieces = (length + kPiece - 1) / kPiece;
  for (int i = 0, first = 0; i < pieces; ++i) {  // of nearly the same size
    const int end = static_cast<int>(static_cast<std::int64_t>(length) * (i + 1) / pieces);
    body(first, end - first);
    first = end;
  }
}

void SequenceHalf::run(const BlockHalf& half, Matrix<float> x) LIMPID_REALTIME {
  length_ = x.rows - config_.unfold + 1;
  for (const Rows& rows : {z_, other_}) rows.clear(length_, config_.unfold - 1);
  dense(half, x);
  attend(half.attention);
  feed_forward(half.forward);
  fold(half.fold, x);
}

// Unfolding is a shift: group j of position l is y[l + j], with zeros beyond its own ends. So y is
// written only as far as group j reaches, and what lies before that group is cleared.
void SequenceHalf::dense(const BlockHalf& half, Matrix<const float> x) LIMPID_REALTIME {
  const int c = config_.channels, n = length_;
  const auto norm = [&](int first, int count) {
    kernels::layer_norm(x.slice_rows(first, count), half.norm.gain.data(), half.norm.offset.data(),
                        nullptr, kernels::kNormEpsilon, y_.rows(first, count));
  };
  norm(0, n);
  for (int j = 0; j < config_.unfold; ++j) {
    if (j > 0) {
      y_.clear(j - 1, 1);
      norm(n + j - 1, 1);
    }
    y_.clear(n + j, 1);
    const DenseStage& stage = half.dense[static_cast<std::size_t>(j)];
    const Matrix<const float> own{y_.at(j - 1), c, n, c};
    const auto result = other_.rows(0, n);
    if (j == 0) {
      gemm(own, 1, 0, stage.conv.weights, stage.conv.bias, Activation::none, result);
    } else {
      const float* before = z_.at(-1);
      const std::array<std::ptrdiff_t, 2> offsets{before - own.data, 0};
      gemm(own, offsets, stage.conv.weights, stage.conv.bias, result);
    }
    normalise(result, stage.norm, stage.slope.data());
    std::swap(z_, other_);
  }
}

void SequenceHalf::normalise(Matrix<float> x, const Norm& norm,
                             const float* slope) LIMPID_REALTIME {
  GroupMoments moments;
  moments.add(x);
  moments.transform(norm, scale_.data(), shift_.data());
  kernels::affine_prelu(x, scale_.data(), shift_.data(), slope, x);
}

void SequenceHalf::attend(const BlockAttention& a) LIMPID_REALTIME {
  kernels::layer_norm(z_.rows(0, length_), a.norm.gain.data(), a.norm.offset.data(), nullptr,
                      kernels::kNormEpsilon, y_.rows(0, length_));
  y_.clear(length_, 1);
  gather(a);
  LIMPID_REALTIME_TRUSTED_BEGIN  // what is borrowed is not freed
  const kernels::PackedMatrix context = context_matrix(a);
  LIMPID_REALTIME_TRUSTED_END
  in_pieces(length_, [&](int first, int count) {
    const Matrix<float> query{wide_.first, config_.inner(), count, config_.inner()};
    gemm(other_.rows(first, count), 1, 0, a.query.weights, {}, Activation::none, query);
    kernels::softmax_pieces(query, config_.head_width);
    gemm(query, 1, 0, context, a.out.bias, Activation::none, narrow_.rows(0, count));
    kernels::add_rows(narrow_.rows(0, count), z_.rows(first, count));
  });
}

// context = softmax(keys over the sequence)^T y, unscaled, and the sums that scale it. The values
// are linear in y, so they are taken from the sum instead of being summed.
void SequenceHalf::gather(const BlockAttention& a) LIMPID_REALTIME {
  std::ranges::fill(peak_, -std::numeric_limits<float>::infinity());
  std::ranges::fill(sum_, 0.0f);
  std::ranges::fill(context_, 0.0f);
  in_pieces(length_, [&](int first, int count) { gather_part(a, first, count); });
}

// Sums are kept relative to e^peak; a new peak rescales what is there.
void SequenceHalf::gather_part(const BlockAttention& a, int first, int count) LIMPID_REALTIME {
  const int c = config_.channels, inner = config_.inner();
  const Matrix<float> local{wide_.first, 2 * c, count, 2 * c};
  const Matrix<const float> taps{y_.at(first - 1), c, count, c};
  gemm(taps, 1, 0, a.local.weights, {}, Activation::none, local);
  kernels::gated_linear(local, other_.rows(first, count));

  const Matrix<float> key{wide_.first, inner, count, inner};
  gemm(other_.rows(first, count), 1, 0, a.key.weights, {}, Activation::none, key);
  const std::span<float> before = packed_.first(peak_.size());
  std::ranges::copy(peak_, before.begin());
  kernels::column_peaks(key, peak_.data());
  for (std::size_t i = 0; i < peak_.size(); ++i) {
    if (first == 0 || before[i] == peak_[i]) continue;
    const float rescale = std::exp(before[i] - peak_[i]);
    sum_[i] *= rescale;
    float* row = context_.data() + i * static_cast<std::size_t>(c);
    for (int k = 0; k < c; ++k) row[k] *= rescale;
  }
  kernels::exp_columns(key, peak_.data(), 0.0f, sum_.data());
  kernels::outer_products(key, y_.rows(first, count), true, {context_.data(), c, inner, c});
}

// [key feature][channel] from queries to the output: sums, values and output projection in one.
kernels::PackedMatrix SequenceHalf::context_matrix(const BlockAttention& a) LIMPID_REALTIME {
  const int c = config_.channels, d = config_.head_width, inner = config_.inner();
  for (int h = 0; h < config_.heads; ++h) {
    const Matrix<float> gathered{context_.data() + floats(h * d, c), c, d, c};
    const Matrix<float> out{head_.data(), c, d, c};
    gemm(gathered, 1, 0, a.value_to_out[static_cast<std::size_t>(h)], {}, Activation::none, out);
    for (int i = 0; i < d; ++i) {
      const float scale = 1.0f / sum_[static_cast<std::size_t>(h * d + i)];
      for (int k = 0; k < c; ++k) out.row(i)[k] *= scale;
      kernels::PackedMatrix::put(packed_.data(), c, inner, h * d + i, out.row(i));
    }
  }
  LIMPID_REALTIME_TRUSTED_BEGIN
  return kernels::PackedMatrix::borrow(packed_.data(), c, inner);
  LIMPID_REALTIME_TRUSTED_END
}

void SequenceHalf::feed_forward(const FeedForward& f) LIMPID_REALTIME {
  const int n = length_, half = config_.hidden / 2, reach = 2 * f.dilation;
  kernels::layer_norm(z_.rows(0, n), f.norm.gain.data(), f.norm.offset.data(), nullptr,
                      kernels::kNormEpsilon, y_.rows(0, n));
  gemm(y_.rows(0, n), 1, 0, f.around.weights, f.around.bias, Activation::none, around_.rows(0, n));
  kernels::gelu(around_.rows(0, n));
  around_.clear(n, reach);
  const Matrix<const float> taps{around_.at(-reach), half, n, half};
  gemm(taps, 5, std::ptrdiff_t{f.dilation} * half, f.conv.weights, f.conv.bias, Activation::none,
       conv_.rows(0, n));
  normalise(conv_.rows(0, n), f.conv_norm, f.slope.data());
  in_pieces(n, [&](int first, int count) {
    const Matrix<float> alone{wide_.first, half, count, half};
    gemm(y_.rows(first, count), 1, 0, f.alone.weights, f.alone.bias, Activation::none, alone);
    kernels::gelu(alone);
    const std::array<std::ptrdiff_t, 2> offsets{0, conv_.at(first) - alone.data};
    gemm(alone, offsets, f.out.weights, f.out.bias, narrow_.rows(0, count));
    kernels::add_rows(narrow_.rows(0, count), z_.rows(first, count));
  });
}

void SequenceHalf::fold(const Linear& linear, Matrix<float> x) LIMPID_REALTIME {
  const int c = config_.channels;
  in_pieces(x.rows, [&](int first, int count) {
    const Matrix<const float> taps{z_.at(first - config_.unfold + 1), c, count, c};
    gemm(taps, 1, 0, linear.weights, linear.bias, Activation::none, narrow_.rows(0, count));
    kernels::add_rows(narrow_.rows(0, count), x.slice_rows(first, count));
  });
}

}  // namespace limpid::models
