// SPDX-License-Identifier: MIT
// Roots of every factor, computed in double.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "lib/kernels/monarch_kernels.h"

namespace limpid::kernels {
namespace {

struct Root {
  float re, im;
};

Root root(double turn) {
  const double angle = -2 * std::numbers::pi * turn;
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

void append(std::vector<float>& list, double turn) {
  const Root r = root(turn);
  list.push_back(r.re);
  list.push_back(r.im);
}

// The turns of the factors that those in `turns` fall into.
std::vector<double> split(const std::vector<double>& turns, int radix) {
  std::vector<double> parts;
  parts.reserve(turns.size() * static_cast<std::size_t>(radix));
  for (const double turn : turns)
    for (int k = 0; k < radix; ++k) parts.push_back((turn + k) / radix);
  return parts;
}

// How a tile splits as many points as a vector has: radix four, then two where there are eight.
std::vector<double> split_tile(std::vector<double> turns, std::size_t lanes) {
  if (lanes == 1) return turns;
  turns = split(turns, 4);
  return lanes == 8 ? split(turns, 2) : turns;
}

void append_tile(std::vector<float>& tiles, double turn, const MonarchKernels& kernels) {
  const std::size_t begin = tiles.size();
  for (const int power : {1, 2, 3}) append(tiles, power * turn / 4);
  append(tiles, turn / 8);
  append(tiles, (turn + 1) / 8);
  tiles.resize(begin + kernels.shared_twiddles);
  std::vector<float> imaginary;
  for (const double row : split_tile({turn}, kernels.lanes)) {
    const Root r = root(row / static_cast<double>(kernels.lanes));
    tiles.push_back(r.re);
    imaginary.push_back(r.im);
  }
  tiles.insert(tiles.end(), imaginary.begin(), imaginary.end());
}

double first_turn(Ring ring) {
  return ring == Ring::quarter ? 0.75 : 0.0;
}

}  // namespace

std::size_t MonarchPlan::least_size() noexcept {
  const std::size_t lanes = monarch_kernels().lanes;
  return lanes * lanes;
}

MonarchPlan::MonarchPlan(std::size_t size, Ring ring)
    : size_(size), lanes_(monarch_kernels().lanes), ring_(ring), kernels_(&monarch_kernels()) {
  std::vector<double> turns{first_turn(ring)};
  std::size_t tiles = size / (lanes_ * lanes_);
  while (tiles > 1) {
    const bool odd = std::countr_zero(tiles) % 2 != 0;
    Level level{odd ? 2 : 4, {}};
    for (const double turn : turns)
      for (int power = 1; power < level.radix; ++power)
        append(level.twiddles, power * turn / level.radix);
    turns = split(turns, level.radix);
    tiles /= static_cast<std::size_t>(level.radix);
    levels_.push_back(std::move(level));
  }
  std::vector<float> list;
  for (const double turn : turns) append_tile(list, turn, *kernels_);
  const auto aligned = memory_.claim<float>(list.size());
  std::ranges::copy(list, aligned.begin());
  tiles_ = aligned;
}

std::vector<std::uint32_t> MonarchPlan::frequencies() const {
  std::vector<double> turns{first_turn(ring_)};
  for (const Level& level : levels_) turns = split(turns, level.radix);
  std::vector<std::uint32_t> order;
  order.reserve(size_);
  for (const double tile : turns) {
    const auto rows = split_tile({tile}, lanes_);
    std::vector<std::vector<double>> columns;
    for (const double row : rows) columns.push_back(split_tile({row}, lanes_));
    for (std::size_t i = 0; i < lanes_; ++i)
      for (std::size_t row = 0; row < lanes_; ++row)
        order.push_back(static_cast<std::uint32_t>(
            std::lround(columns[row][i] * static_cast<double>(size_) - first_turn(ring_))));
  }
  return order;
}

}  // namespace limpid::kernels
