// SPDX-License-Identifier: MIT
// gemm: cuts C into tiles and hands them to the micro-kernel, rows in blocks that stay in the
// cache.
#include "lib/kernels/gemm.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/gemm.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/gemm_dot-inl.h"
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

// One column of tiles. Rows are shared out evenly: 13 are 7 + 6, not 12 + 1.
template <class Tiles, int... kRow>
HWY_INLINE void multiply_rows(const Block& block, Tile& tile, std::integer_sequence<int, kRow...>) {
  static constexpr std::array<void (*)(const Tile&), Tiles::kRows> kMultiply{
      &Tiles::template multiply<kRow + 1>...};  // [r]: r + 1 rows
  const int count = (block.rows + Tiles::kRows - 1) / Tiles::kRows;
  for (int i = 0, first = 0; i < count; ++i) {
    const int end = block.rows * (i + 1) / count;
    tile.a = block.a + first;
    tile.c = block.c + first;
    kMultiply[static_cast<std::size_t>(end - first - 1)](tile);
    first = end;
  }
}

// Columns first .. end of C; b_step lies between columns in B.
template <class Tiles>
void multiply_columns(const Block& block, Tile tile, int first, int end, std::ptrdiff_t b_step) {
  for (int column = first; column < end; column += Tiles::kColumns) {
    tile.column = column;
    tile.columns = std::min(Tiles::kColumns, end - column);
    multiply_rows<Tiles>(block, tile, std::make_integer_sequence<int, Tiles::kRows>());
    tile.b += Tiles::kColumns * b_step;
    if (tile.bias != nullptr) tile.bias += Tiles::kColumns;
  }
}

void multiply_panel(const Block& block, const Tile& tile, int first, int end, int width) {
  switch (width) {
    case 4:
      return multiply_columns<PanelTiles<4>>(block, tile, first, end, 1);
    case 8:
      return multiply_columns<PanelTiles<8>>(block, tile, first, end, 1);
    case 16:
      return multiply_columns<PanelTiles<16>>(block, tile, first, end, 1);
    default:
      return multiply_columns<PanelTiles<32>>(block, tile, first, end, 1);
  }
}

void multiply_block(const Block& block, const PackedMatrix& b, const float* bias, Tile tile) {
  tile.bias = bias;
  tile.b = b.panel(0);
  if (b.narrow()) return multiply_columns<DotTiles>(block, tile, 0, b.n(), b.k());
  for (int first = 0, width = 0; first < b.n(); first += width) {
    width = PackedMatrix::width(first, b.n());
    tile.b = b.panel(first);
    tile.bias = bias == nullptr ? nullptr : bias + first;
    multiply_panel(block, tile, first, std::min(first + width, b.n()), width);
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
