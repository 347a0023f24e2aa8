// SPDX-License-Identifier: MIT
// KISS FFT (BSD), for binaries that may not contain FFTW's GPL code.
#include <kiss_fftr.h>

#include <cstdlib>
#include <type_traits>

#include "lib/dsp/fft_backend.h"

namespace limpid::dsp {

static_assert(std::is_same_v<kiss_fft_scalar, float>, "KISS FFT must be built for float");

const int FftBackend::kLargestFactor = 5;  // primes above take a butterfly for any

FftBackend::FftBackend(int size) {
  const auto count = static_cast<std::size_t>(size);
  time_ = static_cast<float*>(std::calloc(count, sizeof(float)));
  spectrum_ = static_cast<std::complex<float>*>(std::calloc(count / 2 + 1, sizeof(*spectrum_)));
  forward_ = kiss_fftr_alloc(size, 0, nullptr, nullptr);
  inverse_ = kiss_fftr_alloc(size, 1, nullptr, nullptr);
}

FftBackend::~FftBackend() {
  kiss_fftr_free(forward_);
  kiss_fftr_free(inverse_);
  std::free(time_);
  std::free(spectrum_);
}

bool FftBackend::ready() const noexcept {
  return time_ != nullptr && spectrum_ != nullptr && forward_ != nullptr && inverse_ != nullptr;
}

LIMPID_REALTIME_TRUSTED_BEGIN  // KISS FFT allocates when it plans
void FftBackend::forward() LIMPID_REALTIME {
  kiss_fftr(static_cast<kiss_fftr_cfg>(forward_), time_,
            reinterpret_cast<kiss_fft_cpx*>(spectrum_));
}

void FftBackend::inverse() LIMPID_REALTIME {
  kiss_fftri(static_cast<kiss_fftr_cfg>(inverse_), reinterpret_cast<const kiss_fft_cpx*>(spectrum_),
             time_);
}
LIMPID_REALTIME_TRUSTED_END

}  // namespace limpid::dsp
