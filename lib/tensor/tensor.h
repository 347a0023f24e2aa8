// SPDX-License-Identifier: MIT
// TensorView borrows, Tensor owns. Views are small values: pass them by value.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace limpid {

template <int Rank>
using Shape = std::array<std::ptrdiff_t, Rank>;

// A strided window on memory owned by somebody else; the last axis is contiguous.
// T may be const, exactly as in std::span.
template <class T, int Rank>
class TensorView {
 public:
  TensorView() = default;

  // Dense, row-major.
  TensorView(T* data, Shape<Rank> shape) noexcept : data_(data), shape_(shape) {
    std::ptrdiff_t step = 1;
    for (int axis = Rank; axis-- > 0; step *= shape[static_cast<std::size_t>(axis)])
      stride_[static_cast<std::size_t>(axis)] = step;
  }

  TensorView(T* data, Shape<Rank> shape, Shape<Rank> stride) noexcept
      : data_(data), shape_(shape), stride_(stride) {}

  operator TensorView<const T, Rank>() const noexcept
    requires(!std::is_const_v<T>)
  {
    return {data_, shape_, stride_};
  }

  T* data() const noexcept { return data_; }
  std::ptrdiff_t extent(int axis) const noexcept { return shape_[static_cast<std::size_t>(axis)]; }
  std::ptrdiff_t stride(int axis) const noexcept { return stride_[static_cast<std::size_t>(axis)]; }
  const Shape<Rank>& shape() const noexcept { return shape_; }

  TensorView<T, Rank - 1> operator[](std::ptrdiff_t index) const noexcept
    requires(Rank > 1)
  {
    Shape<Rank - 1> shape{}, stride{};
    for (std::size_t axis = 1; axis < Rank; ++axis) {
      shape[axis - 1] = shape_[axis];
      stride[axis - 1] = stride_[axis];
    }
    return {data_ + index * stride_[0], shape, stride};
  }

  T& operator[](std::ptrdiff_t index) const noexcept
    requires(Rank == 1)
  {
    return data_[index];
  }

  std::span<T> span() const noexcept
    requires(Rank == 1)
  {
    return {data_, static_cast<std::size_t>(shape_[0])};
  }

  TensorView slice(int axis, std::ptrdiff_t begin, std::ptrdiff_t count) const noexcept {
    TensorView part = *this;
    part.data_ += begin * stride(axis);
    part.shape_[static_cast<std::size_t>(axis)] = count;
    return part;
  }

 private:
  T* data_ = nullptr;
  Shape<Rank> shape_{}, stride_{};
};

// Zeroed at birth. Move-only, because a copy of audio or weights should be visible in the source.
template <class T, int Rank>
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Shape<Rank> shape) : shape_(shape) {
    std::size_t count = 1;
    for (auto extent : shape) count *= static_cast<std::size_t>(extent);
    data_.resize(count);
  }
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  TensorView<T, Rank> view() noexcept { return {data_.data(), shape_}; }
  TensorView<const T, Rank> view() const noexcept { return {data_.data(), shape_}; }
  std::ptrdiff_t extent(int axis) const noexcept { return shape_[static_cast<std::size_t>(axis)]; }

 private:
  std::vector<T> data_;
  Shape<Rank> shape_{};
};

template <class T>
using AudioView = TensorView<T, 2>;  // [channel][sample], nominal range [-1, 1]

}  // namespace limpid
