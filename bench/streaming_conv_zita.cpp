// SPDX-License-Identifier: MIT
#include "bench/streaming_conv_zita.h"

#ifdef LIMPID_WITH_ZITA
#include <zita-convolver.h>

#include <algorithm>
#include <vector>
#endif

namespace limpid::bench {

#ifdef LIMPID_WITH_ZITA

namespace {

class Zita final : public ZitaConvolver {
 public:
  bool start(std::span<const float> taps, int block) {
    block_ = static_cast<std::size_t>(block);
    std::vector<float> copy(taps.begin(), taps.end());  // it takes float*
    const auto size = static_cast<unsigned>(taps.size()), quantum = static_cast<unsigned>(block);
    convolver_.set_options(Convproc::OPT_VECTOR_MODE | Convproc::OPT_FFTW_MEASURE);
    return convolver_.configure(1, 1, size, quantum, quantum, Convproc::MAXPART, 0) == 0 &&
           convolver_.impdata_create(0, 0, 1, copy.data(), 0, static_cast<int>(size)) == 0 &&
           convolver_.start_process(0, SCHED_OTHER) == 0;
  }
  ~Zita() override {
    convolver_.stop_process();
    convolver_.cleanup();
  }
  void process(const float* in, float* out) override {
    std::copy_n(in, block_, convolver_.inpdata(0));
    convolver_.process(true);
    std::copy_n(convolver_.outdata(0), block_, out);
  }

 private:
  Convproc convolver_;
  std::size_t block_ = 0;
};

}  // namespace

std::unique_ptr<ZitaConvolver> ZitaConvolver::open(std::span<const float> taps, int block) {
  auto zita = std::make_unique<Zita>();
  if (!zita->start(taps, block)) return nullptr;
  return zita;
}

bool with_zita() noexcept {
  return true;
}

#else

std::unique_ptr<ZitaConvolver> ZitaConvolver::open(std::span<const float>, int) {
  return nullptr;
}

bool with_zita() noexcept {
  return false;
}

#endif

}  // namespace limpid::bench
