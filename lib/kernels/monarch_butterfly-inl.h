// SPDX-License-Identifier: MIT
// Butterflies of the tree of factors, on complex vectors. Included once per instruction set.
//
// A polynomial modulo x^m - c is reduced modulo x^(m/r) - w e^(-2 pi i k / r), k = 0 .. r-1, w^r =
// c; that is one multiplication of each r-th of the coefficients by a power of w, and a transform
// of r points.
#if defined(LIMPID_KERNELS_MONARCH_BUTTERFLY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_MONARCH_BUTTERFLY_INL_H_
#undef LIMPID_KERNELS_MONARCH_BUTTERFLY_INL_H_
#else
#define LIMPID_KERNELS_MONARCH_BUTTERFLY_INL_H_
#endif

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE::monarch {

// A tile is kWide vectors of kWide complex numbers and wants to stay in registers, more or less.
inline constexpr std::size_t kWide = kLanes < 8 ? kLanes : 8;
using Wide = hn::CappedTag<float, kWide>;
using V = hn::Vec<Wide>;

// Its constructors are written out so that they are compiled for this instruction set: vectors of
// NEON have one, which GCC cannot inline into an implicit one.
struct Complex {
  HWY_INLINE Complex() {}
  HWY_INLINE Complex(V real, V imaginary) : re(real), im(imaginary) {}
  V re, im;
};

HWY_INLINE Complex operator+(Complex a, Complex b) {
  return {hn::Add(a.re, b.re), hn::Add(a.im, b.im)};
}
HWY_INLINE Complex operator-(Complex a, Complex b) {
  return {hn::Sub(a.re, b.re), hn::Sub(a.im, b.im)};
}
HWY_INLINE Complex operator*(Complex a, Complex b) {
  return {hn::NegMulAdd(a.im, b.im, hn::Mul(a.re, b.re)),
          hn::MulAdd(a.im, b.re, hn::Mul(a.re, b.im))};
}
HWY_INLINE Complex times_conjugate(Complex a, Complex b) {
  return {hn::MulAdd(a.im, b.im, hn::Mul(a.re, b.re)),
          hn::NegMulAdd(a.re, b.im, hn::Mul(a.im, b.re))};
}
HWY_INLINE Complex plus_i(Complex a, Complex b) {  // a + i b
  return {hn::Sub(a.re, b.im), hn::Add(a.im, b.re)};
}
HWY_INLINE Complex minus_i(Complex a, Complex b) {  // a - i b
  return {hn::Add(a.re, b.im), hn::Sub(a.im, b.re)};
}
HWY_INLINE Complex minus_i(Complex a) {  // -i a
  return {a.im, hn::Neg(a.re)};
}

// Vector j of a block lies as kWide real, then kWide imaginary parts: one or two cache lines.
HWY_INLINE Complex load(const float* HWY_RESTRICT p) {
  return {hn::Load(Wide(), p), hn::Load(Wide(), p + kWide)};
}
HWY_INLINE void store(Complex a, float* HWY_RESTRICT p) {
  hn::Store(a.re, Wide(), p);
  hn::Store(a.im, Wide(), p + kWide);
}
HWY_INLINE Complex broadcast(const float* p) {
  return {hn::Set(Wide(), p[0]), hn::Set(Wide(), p[1])};
}

template <int kRadix>
struct Butterfly;

template <>
struct Butterfly<2> {
  Complex w;
  HWY_INLINE void forward(Complex& a, Complex& b) const {
    const Complex t = b * w;
    b = a - t;
    a = a + t;
  }
  HWY_INLINE void inverse(Complex& a, Complex& b) const {
    const Complex t = a - b;
    a = a + b;
    b = times_conjugate(t, w);
  }
  HWY_INLINE void forward(Complex (&a)[2]) const { forward(a[0], a[1]); }
  HWY_INLINE void inverse(Complex (&a)[2]) const { inverse(a[0], a[1]); }
};

template <>
struct Butterfly<4> {
  Complex w, w2, w3;
  HWY_INLINE void forward(Complex& a, Complex& b, Complex& c, Complex& d) const {
    const Complex tb = b * w, tc = c * w2, td = d * w3;
    const Complex s0 = a + tc, s1 = a - tc, s2 = tb + td, s3 = tb - td;
    a = s0 + s2;
    b = minus_i(s1, s3);
    c = s0 - s2;
    d = plus_i(s1, s3);
  }
  HWY_INLINE void inverse(Complex& a, Complex& b, Complex& c, Complex& d) const {
    const Complex s0 = a + c, s1 = a - c, s2 = b + d, s3 = b - d;
    a = s0 + s2;
    b = times_conjugate(plus_i(s1, s3), w);
    c = times_conjugate(s0 - s2, w2);
    d = times_conjugate(minus_i(s1, s3), w3);
  }
  HWY_INLINE void forward(Complex (&a)[4]) const { forward(a[0], a[1], a[2], a[3]); }
  HWY_INLINE void inverse(Complex (&a)[4]) const { inverse(a[0], a[1], a[2], a[3]); }
};

template <int kRadix>
HWY_INLINE Butterfly<kRadix> butterfly(const float* twiddles) {
  if constexpr (kRadix == 2) {
    return {broadcast(twiddles)};
  } else {
    return {broadcast(twiddles), broadcast(twiddles + 2), broadcast(twiddles + 4)};
  }
}

}  // namespace limpid::kernels::HWY_NAMESPACE::monarch
HWY_AFTER_NAMESPACE();

#endif
