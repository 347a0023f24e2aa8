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
  explicit RowCursor(const Rows<T>& rows) : rows_(rows) {}

  // Where the next `count` rows start.
  void take(T** starts, int count) {
    while (count > 0) {
      const int run = std::min(count, rows_.count[2] - k_);
      T* row = rows_.data + i_ * rows_.stride[0] + j_ * rows_.stride[1] + k_ * rows_.stride[2];
      for (int r = 0; r < run; ++r) starts[r] = row + r * rows_.stride[2];
      starts += run;
      count -= run;
      advance(run);
    }
  }

 private:
  void advance(int run) {
    k_ += run;
    if (k_ == rows_.count[2]) k_ = 0, ++j_;
    if (j_ == rows_.count[1]) j_ = 0, ++i_;
  }

  const Rows<T> rows_;
  int i_ = 0, j_ = 0, k_ = 0;
};

struct Block {
  const float* a[kBlockRows];
  float* c[kBlockRows];
  int rows;
};

template <class Weight>
using TileFunction = void (*)(const Tile<Weight>&);

// A tile at the right edge: computed whole in a buffer, of which the columns that exist are copied.
template <int kColumns, class Weight>
void multiply_edge(TileFunction<Weight> multiply, Tile<Weight> tile, int rows, int columns) {
  float bias[kColumns] = {}, buffer[kTileRows * kTileVectors * kColumns];
  float* c[kTileRows * kTileVectors];
  float* const* target = tile.c;
  const std::ptrdiff_t column = tile.column;
  std::copy_n(tile.bias, columns, bias);
  for (int r = 0; r < rows; ++r) c[r] = buffer + r * kColumns;
  tile.bias = bias;
  tile.c = c;
  tile.column = 0;
  multiply(tile);
  for (int r = 0; r < rows; ++r) std::copy_n(c[r], columns, target[r] + column);
}

// One column of tiles. Rows are shared out evenly: 13 are 7 + 6, not 12 + 1.
template <class Tiles, int... kRow>
HWY_INLINE void multiply_rows(const Block& block, Tile<typename Tiles::Weight>& tile, int columns,
                              std::integer_sequence<int, kRow...>) {
  using Function = TileFunction<typename Tiles::Weight>;
  static constexpr std::array<Function, Tiles::kRows> kMultiply{
      &Tiles::template multiply<kRow + 1>...};  // [r]: r + 1 rows
  const int count = (block.rows + Tiles::kRows - 1) / Tiles::kRows;
  for (int i = 0, first = 0; i < count; ++i) {
    const int end = block.rows * (i + 1) / count;
    const Function multiply = kMultiply[static_cast<std::size_t>(end - first - 1)];
    tile.a = block.a + first;
    tile.c = block.c + first;
    if (columns == Tiles::kColumns) {
      multiply(tile);
    } else {
      multiply_edge<Tiles::kColumns>(multiply, tile, end - first, columns);
    }
    first = end;
  }
}

// At least as many as a tile has columns.
inline constexpr float kNoBias[std::max(PackedMatrix::kPanel, kFewRowsChains* int{kLanes})] = {};

const float* bias_of(const float* bias, int column) {
  return bias == nullptr ? kNoBias : bias + column;
}

// Columns first .. end of C, whose weights begin at b and lie b_step apart.
template <class Tiles>
void multiply_columns(const Block& block, const TileRule& rule, int first, int end, const float* b,
                      std::ptrdiff_t b_step, const float* bias) {
  Tile<float> tile{};
  tile.rule = rule;
  for (int column = first; column < end; column += Tiles::kColumns) {
    tile.column = column;
    tile.b = b + (column - first) * b_step;
    tile.bias = bias_of(bias, column);
    multiply_rows<Tiles>(block, tile, std::min(Tiles::kColumns, end - column),
                         std::make_integer_sequence<int, Tiles::kRows>());
  }
}

template <class Weight>
const Weight* panel_of(const PackedMatrix& b, int column) {
  if constexpr (kScaled<Weight>)
    return b.byte_panel(column);
  else
    return b.panel(column);
}

// Panels of 32 from column `first` on, as many as there are whole ones: kPanels together, the rest
// half as many together. Returns the column behind them.
template <class Weight, int kRows, int kVectors, int kPanels>
int multiply_whole_panels(const Block& block, const PackedMatrix& b, const float* bias,
                          const TileRule& rule, int first) {
  using Tiles = PanelTiles<PackedMatrix::kPanel, Weight, kRows, kVectors, kPanels>;
  constexpr int kColumns = kPanels * PackedMatrix::kPanel;
  Tile<Weight> tile{};
  tile.rule = rule;
  tile.panel_step = std::ptrdiff_t{PackedMatrix::kPanel} * b.k();
  for (; first + kColumns <= b.n(); first += kColumns)
    for (int column = 0; column < kColumns; column += Tiles::kColumns) {
      tile.column = first + column;
      tile.b = panel_of<Weight>(b, first) + column;
      tile.bias = bias_of(bias, first + column);
      if constexpr (kScaled<Weight>) tile.scales = b.scales(first + column);
      multiply_rows<Tiles>(block, tile, Tiles::kColumns, std::make_integer_sequence<int, kRows>());
    }
  if constexpr (kPanels > 1)
    first =
        multiply_whole_panels<Weight, kRows, kVectors, kPanels / 2>(block, b, bias, rule, first);
  return first;
}

// All columns, by tiles of at most kRows rows and kVectors vectors.
template <int kRows, int kVectors>
void multiply_panels(const Block& block, const PackedMatrix& b, const float* bias,
                     const TileRule& rule) {
  constexpr int kPanels = std::max(1, kVectors * int{kLanes} / PackedMatrix::kPanel);
  if (b.eight_bits()) {
    multiply_whole_panels<std::int8_t, kRows, kVectors, kPanels>(block, b, bias, rule, 0);
    return;
  }
  int first = multiply_whole_panels<float, kRows, kVectors, kPanels>(block, b, bias, rule, 0);
  for (int width = 0; first < b.n(); first += width) {
    width = PackedMatrix::width(first, b.n());
    const auto multiply = width == 4    ? multiply_columns<PanelTiles<4, float, kRows, kVectors>>
                          : width == 8  ? multiply_columns<PanelTiles<8, float, kRows, kVectors>>
                          : width == 16 ? multiply_columns<PanelTiles<16, float, kRows, kVectors>>
                                        : multiply_columns<PanelTiles<32, float, kRows, kVectors>>;
    multiply(block, rule, first, std::min(first + width, b.n()), b.panel(first), 1, bias);
  }
}

void multiply_block(const Block& block, const PackedMatrix& b, const float* bias,
                    const TileRule& rule) {
  if (b.narrow()) {
    const auto multiply =
        b.n() <= 2 ? multiply_columns<DotTiles<2>> : multiply_columns<DotTiles<4>>;
    return multiply(block, rule, 0, b.n(), b.panel(0), b.k(), bias);
  }
  const auto multiply = block.rows == 1   ? multiply_panels<1, kFewRowsChains>
                        : block.rows == 2 ? multiply_panels<2, kFewRowsChains / 2>
                                          : multiply_panels<kTileRows, kTileVectors>;
  multiply(block, b, bias, rule);
}

void Gemm(const Rows<const float>& a, int segments, std::ptrdiff_t segment_stride,
          const std::ptrdiff_t* offsets, const PackedMatrix& b, const float* bias, bool relu,
          const Rows<float>& c) {
  const TileRule rule{segments, b.k() / segments, segment_stride, offsets, relu};
  RowCursor<const float> a_rows(a);
  RowCursor<float> c_rows(c);
  Block block;
  for (std::ptrdiff_t left = a.total(); left > 0; left -= block.rows) {
    block.rows = static_cast<int>(std::min<std::ptrdiff_t>(left, kBlockRows));
    a_rows.take(block.a, block.rows);
    c_rows.take(block.c, block.rows);
    multiply_block(block, b, bias, rule);
  }
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(Gemm);

void gemm(const Rows<const float>& a, int segments, std::ptrdiff_t segment_stride,
          const PackedMatrix& b, std::span<const float> bias, Activation activation,
          const Rows<float>& c) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Gemm)
  (a, segments, segment_stride, nullptr, b, bias.empty() ? nullptr : bias.data(),
   activation == Activation::relu, c);
}

void gemm(const Rows<const float>& a, std::span<const std::ptrdiff_t> offsets,
          const PackedMatrix& b, std::span<const float> bias,
          const Rows<float>& c) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Gemm)
  (a, static_cast<int>(offsets.size()), 0, offsets.data(), b, bias.empty() ? nullptr : bias.data(),
   false, c);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
