// SPDX-License-Identifier: MIT
// Norms, gates and the parts of linear attention against their oracles: widths around every vector
// size, strides wider than the rows, numbers that overflow careless exponentials.
#include <algorithm>
#include <cmath>

#include "lib/kernels/gates.h"
#include "lib/kernels/linear_attention.h"
#include "lib/kernels/norms.h"
#include "tests/kernels/every_target.h"

namespace limpid::kernels {
namespace {

using Sequences = EveryTarget;
INSTANTIATE_EVERY_TARGET(Sequences);

constexpr int kWidths[] = {1, 2, 3, 5, 8, 12, 15, 16, 17, 31, 33, 64, 70};
constexpr int kRows = 5, kGap = 3;

// Rows with a gap between them, inside fences; the gaps must stay as they were.
class Plane {
 public:
  explicit Plane(int columns, int rows = kRows)
      : memory_(static_cast<std::size_t>(rows * (columns + kGap))),
        rows_(rows),
        columns_(columns) {}
  Plane(int columns, unsigned seed, float level, int rows = kRows) : Plane(columns, rows) {
    const auto values = noise(static_cast<std::size_t>(rows * columns), seed, level);
    for (int r = 0; r < rows; ++r) std::copy_n(values.data() + r * columns, columns, view().row(r));
  }
  Matrix<float> view() { return {memory_.data(), columns_ + kGap, rows_, columns_}; }
  bool broken() {
    for (int r = 0; r < rows_; ++r)
      for (int c = 0; c < kGap; ++c)
        if (view().row(r)[columns_ + c] != Fenced::kUntouched) return true;
    return memory_.broken();
  }

 private:
  Fenced memory_;
  int rows_, columns_;
};

void expect_near(Plane& got, Plane& want, float tolerance, const char* what) {
  const auto y = got.view(), expected = want.view();
  for (int r = 0; r < y.rows; ++r)
    for (int c = 0; c < y.columns; ++c)
      ASSERT_NEAR(y.row(r)[c], expected.row(r)[c], tolerance * (1 + std::abs(expected.row(r)[c])))
          << what << ", row " << r << ", column " << c << " of " << y.columns;
  ASSERT_FALSE(got.broken()) << what << ", " << y.columns << " columns";
}

TEST_P(Sequences, LayerNorm) {
  for (const int n : kWidths) {
    const auto size = static_cast<std::size_t>(n);
    const auto gain = noise(size, 1), offset = noise(size, 2), slope = noise(size, 3);
    for (const float* prelu : {slope.data(), static_cast<const float*>(nullptr)}) {
      Plane x(n, 4, 2.0f), y(n), want(n);
      x.view().row(1)[0] += 100.0f;
      std::fill_n(x.view().row(2), n, 0.5f);  // no variance
      layer_norm(x.view(), gain.data(), offset.data(), prelu, 1e-5f, y.view());
      reference::layer_norm(x.view(), gain.data(), offset.data(), prelu, 1e-5f, want.view());
      expect_near(y, want, 1e-5f, "layer_norm");
      layer_norm(x.view(), gain.data(), offset.data(), prelu, 1e-5f, x.view());
      expect_near(x, y, 0, "in place");
    }
  }
}

TEST_P(Sequences, Moments) {
  for (const int n : kWidths) {
    Plane x(n, 1, 1.0f, 50);
    double got[2] = {1, 2}, want[2] = {1, 2};
    moments(x.view(), got);
    reference::moments(x.view(), want);
    EXPECT_NEAR(got[0], want[0], 1e-6 * n * 50);
    EXPECT_NEAR(got[1], want[1], 1e-6 * want[1]) << n << " columns";
  }
}

TEST_P(Sequences, AffinePreluAndAddRows) {
  for (const int n : kWidths) {
    const auto size = static_cast<std::size_t>(n);
    const auto scale = noise(size, 1), shift = noise(size, 2), slope = noise(size, 3);
    for (const float* prelu : {slope.data(), static_cast<const float*>(nullptr)}) {
      Plane x(n, 4, 2.0f), y(n), want(n);
      affine_prelu(x.view(), scale.data(), shift.data(), prelu, y.view());
      reference::affine_prelu(x.view(), scale.data(), shift.data(), prelu, want.view());
      expect_near(y, want, 3e-7f, "affine_prelu");
      add_rows(x.view(), y.view());
      reference::add_rows(x.view(), want.view());
      expect_near(y, want, 5e-7f, "add_rows");
    }
  }
}

TEST_P(Sequences, Gates) {
  for (const int n : kWidths) {
    for (const float level : {1.0f, 6.0f, 1000.0f}) {
      Plane x(2 * n, 1, level), y(n), want(n);
      gated_linear(x.view(), y.view());
      reference::gated_linear(x.view(), want.view());
      expect_near(y, want, 1e-6f, "gated_linear");
      Plane g(n, 2, level), expected(n, 2, level);
      gelu(g.view());
      reference::gelu(expected.view());
      expect_near(g, expected, 2e-6f, "gelu");
    }
  }
}

TEST_P(Sequences, SoftmaxOfPieces) {
  for (const int n : kWidths) {
    for (const float level : {0.0f, 3.0f, 1000.0f, 1e30f}) {
      Plane x(3 * n, 1, level), want(3 * n, 1, level);
      softmax_pieces(x.view(), n);
      reference::softmax_pieces(want.view(), n);
      expect_near(x, want, 1e-6f, "softmax_pieces");
    }
  }
}

TEST_P(Sequences, SoftmaxAlongTheSequence) {
  for (const int n : kWidths) {
    for (const float level : {3.0f, 1000.0f}) {
      const auto size = static_cast<std::size_t>(n);
      Plane x(n, 1, level, 40), want(n, 1, level, 40);
      Fenced peak(size), peak2(size), sum(size), sum2(size);
      std::fill_n(peak.data(), n, -1e30f);
      std::fill_n(peak2.data(), n, -1e30f);
      std::fill_n(sum.data(), n, 0.25f);
      std::fill_n(sum2.data(), n, 0.25f);
      column_peaks(x.view(), peak.data());
      reference::column_peaks(x.view(), peak2.data());
      exp_columns(x.view(), peak.data(), 0.0f, sum.data());
      reference::exp_columns(want.view(), peak2.data(), 0.0f, sum2.data());
      expect_near(x, want, 1e-6f, "exp_columns");
      for (int c = 0; c < n; ++c) {
        EXPECT_EQ(peak.data()[c], peak2.data()[c]);
        EXPECT_NEAR(sum.data()[c], sum2.data()[c], 1e-5);
      }
      EXPECT_FALSE(peak.broken() || sum.broken());
    }
  }
}

TEST_P(Sequences, OuterProducts) {
  for (const int n : kWidths) {
    for (const int m : {1, 4, 7, 64}) {
      for (const int rows : {1, 2, 37}) {
        Plane a(m, 1, 1.0f, rows), b(n, 2, 1.0f, rows), c(n, 3, 1.0f, m), want(n, 3, 1.0f, m);
        for (const bool add : {true, false}) {
          outer_products(a.view(), b.view(), add, c.view());
          reference::outer_products(a.view(), b.view(), add, want.view());
          expect_near(c, want, 4e-6f, "outer_products");
        }
      }
    }
  }
}

TEST_P(Sequences, AttentionStep) {
  for (const int d : {1, 3, 8, 16, 20, 64}) {
    const auto size = static_cast<std::size_t>(d);
    Fenced state(size * size), total(size), y(size), state2(size * size), total2(size), y2(size);
    for (Fenced* f : {&state, &total, &state2, &total2}) std::fill_n(f->data(), f->size(), 0.0f);
    for (unsigned step = 0; step < 30; ++step) {
      const auto q = noise(size, 3 * step), k = noise(size, 3 * step + 1, step % 7 ? 3.0f : 1e6f),
                 v = noise(size, 3 * step + 2);
      attend_step(q.data(), k.data(), v.data(), d, 0.9f, state.data(), total.data(), y.data());
      reference::attend_step(q.data(), k.data(), v.data(), d, 0.9f, state2.data(), total2.data(),
                             y2.data());
      for (int i = 0; i < d; ++i) ASSERT_NEAR(y.data()[i], y2.data()[i], 2e-5) << "d " << d;
    }
    EXPECT_FALSE(state.broken() || total.broken() || y.broken());
  }
}

// A million loud steps: the state stays within what decay and limit promise, and forgets.
TEST_P(Sequences, AttentionStateIsBounded) {
  constexpr int kWidth = 4;
  constexpr float kDecay = 0.999f;
  const float bound = std::exp(kKeyLimit) / (1 - kDecay) * 1.001f;
  float state[kWidth * kWidth] = {}, total[kWidth] = {}, y[kWidth];
  const float q[kWidth] = {0.25f, 0.25f, 0.25f, 0.25f}, k[kWidth] = {50, 10, 0, -50};
  const float v[kWidth] = {1, -1, 1, -1}, quiet[kWidth] = {}, nothing[kWidth] = {};
  for (int step = 0; step < 1'000'000; ++step)
    attend_step(q, k, v, kWidth, kDecay, state, total, y);
  for (const float s : state) EXPECT_LE(std::abs(s), bound);
  for (const float t : total) EXPECT_TRUE(t > 0 && t <= bound);
  for (int i = 0; i < kWidth; ++i) EXPECT_NEAR(y[i], v[i], 1e-4);
  for (int step = 0; step < 100'000; ++step)
    attend_step(q, quiet, nothing, kWidth, kDecay, state, total, y);
  for (const float s : state) EXPECT_LE(std::abs(s), 1e-20f);
}

}  // namespace
}  // namespace limpid::kernels
