// SPDX-License-Identifier: MIT
// PickedInputs: a sound card of which only some inputs are heard, in an order of one's own.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "streaming/audio_device.h"

namespace limpid::streaming {

class PickedInputs final : public AudioDevice {
 public:
  // Input i is input inputs[i] of `device`, counted from 0; each below device->format().inputs.
  PickedInputs(std::unique_ptr<AudioDevice> device, std::vector<int> inputs)
      : device_(std::move(device)), picker_(std::move(inputs), device_->format().block) {
    format_ = device_->format();
    format_.inputs = static_cast<int>(picker_.inputs.size());
  }
  ~PickedInputs() override { device_->stop(); }

  const DeviceFormat& format() const noexcept override { return format_; }
  std::string describe() const override { return device_->describe(); }
  void stop() override { device_->stop(); }
  Status start(AudioCallback& callback) override {
    picker_.listener = &callback;
    return device_->start(picker_);
  }

 private:
  struct Picker final : AudioCallback {
    Picker(std::vector<int> inputs_, int block)
        : inputs(std::move(inputs_)), picked({std::ssize(inputs), block}) {}

    void on_capture(AudioView<const float> in, double time) LIMPID_REALTIME override {
      const auto out = picked.view().slice(1, 0, in.extent(1));
      for (std::size_t i = 0; i < inputs.size(); ++i)
        std::copy_n(in[inputs[i]].data(), in.extent(1), out[static_cast<std::ptrdiff_t>(i)].data());
      listener->on_capture(out, time);
    }
    void on_playback(AudioView<float> out, double time) LIMPID_REALTIME override {
      listener->on_playback(out, time);
    }
    void on_xrun() LIMPID_REALTIME override { listener->on_xrun(); }
    void on_lost() LIMPID_REALTIME override { listener->on_lost(); }

    AudioCallback* listener = nullptr;
    std::vector<int> inputs;
    Tensor<float, 2> picked;  // [input][block]
  };

  std::unique_ptr<AudioDevice> device_;
  DeviceFormat format_;
  Picker picker_;
};

}  // namespace limpid::streaming
