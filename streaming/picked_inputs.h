// SPDX-License-Identifier: MIT
// PickedInputs: a sound card of which only some inputs are heard, in an order of one's own.
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "streaming/audio_device.h"

namespace limpid::streaming {

class PickedInputs final : public AudioDevice {
 public:
  // Input i is input inputs[i] of `device`, counted from 0; each below device->format().inputs.
  PickedInputs(std::unique_ptr<AudioDevice> device, std::vector<int> inputs)
      : device_(std::move(device)), picker_(std::move(inputs)) {
    fit();
  }
  ~PickedInputs() override { device_->stop(); }

  const DeviceFormat& format() const noexcept override { return format_; }
  std::string describe() const override { return device_->describe(); }
  void stop() override { device_->stop(); }
  // Also unsupported: the device has come back without one of those inputs; out_of_memory.
  Status prepare() override try {
    if (auto status = device_->prepare(); !status) return status;
    for (const int input : picker_.inputs)
      if (input >= device_->format().inputs)
        return Error{ErrorCode::unsupported,
                     device_->describe() + " has no input " + std::to_string(input + 1)};
    fit();
    return Done{};
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "not enough memory for a block of the sound card"};
  }
  Status start(AudioCallback& callback) override {
    picker_.listener = &callback;
    return device_->start(picker_);
  }

 private:
  struct Picker final : AudioCallback {
    explicit Picker(std::vector<int> inputs_) : inputs(std::move(inputs_)) {}

    void on_capture(AudioView<const float> in, double time) LIMPID_REALTIME override {
      // In parts, so that a card that breaks its word finds no memory to break.
      for (std::ptrdiff_t done = 0, count = 0; done < in.extent(1); done += count) {
        count = std::min(in.extent(1) - done, picked.extent(1));
        const auto out = picked.view().slice(1, 0, count);
        for (std::size_t i = 0; i < inputs.size(); ++i)
          std::copy_n(in[inputs[i]].data() + done, count,
                      out[static_cast<std::ptrdiff_t>(i)].data());
        listener->on_capture(out, time);
      }
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

  // To the device as it is now.
  void fit() {
    format_ = device_->format();
    format_.inputs = static_cast<int>(picker_.inputs.size());
    picker_.picked = Tensor<float, 2>({format_.inputs, format_.block});
  }

  std::unique_ptr<AudioDevice> device_;
  DeviceFormat format_;
  Picker picker_;
};

}  // namespace limpid::streaming
