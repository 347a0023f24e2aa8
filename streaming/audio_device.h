// SPDX-License-Identifier: MIT
// AudioDevice: a sound card, as far as this library cares. Nothing here knows which one.
#pragma once

#include <string>

#include "lib/base/realtime.h"
#include "lib/tensor/tensor.h"
#include "limpid/result.h"

namespace limpid::streaming {

// What a device calls, from its own threads, between start() and the return of stop().
class AudioCallback {
 public:
  // in [inputs][n], out [outputs][n], n <= DeviceFormat::block. `time`: seconds on a steady clock
  // shared by both directions, when the device asked. out must be filled.
  virtual void on_capture(AudioView<const float> in, double time) LIMPID_REALTIME = 0;
  virtual void on_playback(AudioView<float> out, double time) LIMPID_REALTIME = 0;

  virtual void on_xrun() LIMPID_REALTIME = 0;  // the device itself lost or missed samples
  virtual void on_lost() LIMPID_REALTIME = 0;  // unplugged, or broken: no more callbacks

 protected:
  ~AudioCallback() = default;
};

struct DeviceFormat {
  int sample_rate = 48000;  // Hz
  int block = 256;          // most samples in one callback
  int inputs = 1, outputs = 1;
  // True: each capture is followed by a playback of as many samples in the same thread. False: two
  // sound cards, two threads, and clocks that drift.
  bool one_clock = true;
};

class AudioDevice {
 public:
  AudioDevice() = default;
  AudioDevice(const AudioDevice&) = delete;
  AudioDevice& operator=(const AudioDevice&) = delete;
  virtual ~AudioDevice() = default;  // stops

  // Finds the device where it is not held already; one that was lost may come back as another,
  // with another format. To be called before each start(). device and not_found may pass, with
  // unsupported there is no hope.
  virtual Status prepare() { return Done{}; }

  // Changed by prepare() only.
  virtual const DeviceFormat& format() const noexcept = 0;
  virtual std::string describe() const = 0;  // "Microphone -> Headphones, 48000 Hz"

  // Again after stop() and prepare(), also after on_lost(). Callbacks keep to format(). Errors as
  // of prepare().
  virtual Status start(AudioCallback& callback) = 0;
  virtual void stop() = 0;
};

}  // namespace limpid::streaming
