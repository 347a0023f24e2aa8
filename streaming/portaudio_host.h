// SPDX-License-Identifier: MIT
// PortAudio's list of devices, and the search in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "streaming/portaudio_device.h"

namespace limpid::streaming {

// PortAudio is alive while one of these is. Devices that come later are seen by the next first one.
class PortAudioHost {
 public:
  static Result<std::unique_ptr<PortAudioHost>> open();
  PortAudioHost(const PortAudioHost&) = delete;
  PortAudioHost& operator=(const PortAudioHost&) = delete;
  ~PortAudioHost();

  std::vector<DeviceInfo> devices() const;

 private:
  PortAudioHost() = default;
};

enum class Direction { input, output };

// `wanted` as in DeviceConfig. A whole name goes before a part of one, in any case; a part must fit
// one device only. not_found, invalid_argument (several fit).
Result<DeviceInfo> find_device(const std::vector<DeviceInfo>& devices, Direction direction,
                               const std::string& wanted);

}  // namespace limpid::streaming
