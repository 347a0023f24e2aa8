// SPDX-License-Identifier: MIT
// Arithmetic that a GPU and the tests on a CPU compile from the same source.
//
// A kernel is a Program: what one block of threads does, cut into phases at every place where the
// threads wait for each other.
//
//   struct Program {
//     static constexpr int kThreads, kPhases;
//     struct Args {...};                         // plain values and device pointers
//     template <int Phase> static void run(int thread, std::int64_t block, Complex* shared, const
//     Args&);
//   };
//
// All that outlives a phase lies in `shared`, so a loop over phases and threads on a CPU computes
// what a block computes, bit for bit where the compilers fuse alike.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define LIMPID_HD __host__ __device__ __forceinline__
#else
#define LIMPID_HD inline
#endif
#ifdef __CUDA_ARCH__
#define LIMPID_UNROLL _Pragma("unroll")
#define LIMPID_NO_UNROLL _Pragma("unroll 1")
#else
#define LIMPID_UNROLL
#define LIMPID_NO_UNROLL
#endif

namespace limpid::kernels::cuda {

template <class Real>
struct alignas(2 * sizeof(Real)) ComplexOf {
  Real re, im;
};
using Complex = ComplexOf<float>;  // of another type where a test counts operations

template <class Real>
LIMPID_HD ComplexOf<Real> operator+(ComplexOf<Real> a, ComplexOf<Real> b) {
  return {a.re + b.re, a.im + b.im};
}
template <class Real>
LIMPID_HD ComplexOf<Real> operator-(ComplexOf<Real> a, ComplexOf<Real> b) {
  return {a.re - b.re, a.im - b.im};
}
template <class Real>
LIMPID_HD ComplexOf<Real> operator*(ComplexOf<Real> a, ComplexOf<Real> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
LIMPID_HD Complex operator*(float s, Complex a) {
  return {s * a.re, s * a.im};
}
LIMPID_HD Complex conj(Complex a) {
  return {a.re, -a.im};
}
template <class Real>
LIMPID_HD ComplexOf<Real> times_i(ComplexOf<Real> a) {
  return {-a.im, a.re};
}
template <class Real>
LIMPID_HD ComplexOf<Real> times_minus_i(ComplexOf<Real> a) {
  return {a.im, -a.re};
}
// i * conj(a). Between two of these a forward transform is an inverse one.
LIMPID_HD Complex swapped(Complex a) {
  return {a.im, a.re};
}

}  // namespace limpid::kernels::cuda
