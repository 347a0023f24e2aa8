// SPDX-License-Identifier: MIT
// gemm: cuts C into tiles and hands them to the micro-kernel, rows in blocks that stay in the
// cache.
#include "lib/kernels/gemm.h"

#include <algorithm>

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/gemm.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// Rows whose part of A shares the second-level cache with a panel of B.
inline constexpr int kBlockRows = 16 * kTileRows;

// Walks the rows of a matrix in order.
template <class T>
class RowCursor {
 public:
  explicit RowCursor(const Rows<T>& rows) : rows_(rows), row_(rows.data) {}
  T* next() {
    T* row = row_;
    row_ += rows_.stride[2];
    if (++k_ == rows_.count[2]) wrap();
    return row;
  }

 private:
  void wrap() {
    k_ = 0;
    if (++j_ == rows_.count[1]) j_ = 0, ++i_;
    row_ = rows_.data + i_ * rows_.stride[0] + j_ * rows_.stride[1];
  }

  const Rows<T> rows_;
  T* row_;
  int i_ = 0, j_ = 0, k_ = 0;
};

struct Block {
  const float* a[kBlockRows];
  float* c[kBlockRows];
  int rows;
};

// One panel of B against a block of rows. The rows are shared out evenly: 13 are 7 + 6, not 12 + 1.
template <int kWidth>
void multiply_panel(const Block& block, Tile tile) {
  constexpr int kLanesUsed = std::min(kWidth, static_cast<int>(kLanes));
  constexpr int kVectors = std::min(kTileVectors, kWidth / kLanesUsed);
  constexpr int kStrip = kLanesUsed * kVectors;
  static constexpr auto kTiles =
      tiles<kLanesUsed, kVectors>(std::make_integer_sequence<int, kTileRows>());
  const int count = (block.rows + kTileRows - 1) / kTileRows;
  const int existing = tile.columns;
  tile.b_stride = kWidth;
  for (int strip = 0; strip < existing; strip += kStrip) {
    tile.columns = std::min(kStrip, existing - strip);
    for (int i = 0; i < count; ++i) {
      const int first = block.rows * i / count;
      tile.a = block.a + first;
      tile.c = block.c + first;
      kTiles[static_cast<std::size_t>(block.rows * (i + 1) / count - first - 1)](tile);
    }
    tile.column += kStrip;
    tile.b += kStrip;
    if (tile.bias != nullptr) tile.bias += kStrip;
  }
}

void multiply_block(const Block& block, const PackedMatrix& b, const float* bias, Tile tile) {
  int width = 0;
  for (int column = 0; column < b.n(); column += width) {
    width = PackedMatrix::width(column, b.n());
    tile.column = column;
    tile.columns = std::min(width, b.n() - column);
    tile.b = b.panel(column);
    tile.bias = bias == nullptr ? nullptr : bias + column;
    switch (width) {
      case 4:
        multiply_panel<4>(block, tile);
        break;
      case 8:
        multiply_panel<8>(block, tile);
        break;
      case 16:
        multiply_panel<16>(block, tile);
        break;
      default:
        multiply_panel<32>(block, tile);
        break;
    }
  }
}

void Gemm(const Rows<const float>& a, int segments, std::ptrdiff_t segment_stride,
          const PackedMatrix& b, const float* bias, bool relu, const Rows<float>& c) {
  Tile tile{};
  tile.segments = segments;
  tile.length = b.k() / segments;
  tile.segment_stride = segment_stride;
  tile.relu = relu;
  RowCursor<const float> a_rows(a);
  RowCursor<float> c_rows(c);
  Block block;
  for (std::ptrdiff_t left = a.total(); left > 0; left -= block.rows) {
    block.rows = static_cast<int>(std::min<std::ptrdiff_t>(left, kBlockRows));
    for (int r = 0; r < block.rows; ++r) {
      block.a[r] = a_rows.next();
      block.c[r] = c_rows.next();
    }
    multiply_block(block, b, bias, tile);
  }
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limpid::kernels {

HWY_EXPORT(Gemm);

void gemm(const Rows<const float>& a, int segments, std::ptrdiff_t segment_stride,
          const PackedMatrix& b, std::span<const float> bias, Activation activation,
          const Rows<float>& c) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Gemm)
  (a, segments, segment_stride, b, bias.empty() ? nullptr : bias.data(),
   activation == Activation::relu, c);
}

}  // namespace limpid::kernels
#endif
