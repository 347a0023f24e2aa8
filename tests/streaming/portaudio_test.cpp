// SPDX-License-Identifier: MIT
// What can be said about sound cards without having one: the search, and the sentences.
#include <gtest/gtest.h>

#include "streaming/portaudio_host.h"

namespace limpid::streaming {
namespace {

const std::vector<DeviceInfo> kDevices = {
    {.index = 0, .name = "HDA Intel: Analog (hw:0,0)", .inputs = 2, .outputs = 2},
    {.index = 1, .name = "HDMI (hw:0,3)", .outputs = 8},
    {.index = 2, .name = "USB Mic (hw:1,0)", .inputs = 1, .default_input = true},
    {.index = 3, .name = "default", .inputs = 32, .outputs = 32, .default_output = true}};

int found(Direction direction, const std::string& wanted) {
  const auto device = find_device(kDevices, direction, wanted);
  return device.ok() ? device->index : -1;
}

TEST(FindDevice, TheDefault) {
  EXPECT_EQ(found(Direction::input, ""), 2);
  EXPECT_EQ(found(Direction::output, ""), 3);
}

TEST(FindDevice, ByIndexNameOrPart) {
  EXPECT_EQ(found(Direction::input, "0"), 0);
  EXPECT_EQ(found(Direction::output, "hdmi"), 1);
  EXPECT_EQ(found(Direction::input, "Default"), 3);
  EXPECT_EQ(found(Direction::input, "usb"), 2);
}

TEST(FindDevice, OnlyWhereItCan) {
  const auto device = find_device(kDevices, Direction::input, "hdmi");
  ASSERT_FALSE(device.ok());
  EXPECT_EQ(device.error().code, ErrorCode::not_found);
  EXPECT_EQ(device.error().message,
            "no input device named \"hdmi\"; there are: 0 \"HDA Intel: Analog (hw:0,0)\", 2 \"USB "
            "Mic (hw:1,0)\", 3 \"default\"");
}

TEST(FindDevice, RefusesToGuess) {
  const auto device = find_device(kDevices, Direction::output, "hw:0");
  ASSERT_FALSE(device.ok());
  EXPECT_EQ(device.error().code, ErrorCode::invalid_argument);
}

TEST(FindDevice, SaysThatThereIsNone) {
  const auto device = find_device({}, Direction::input, "");
  ASSERT_FALSE(device.ok());
  EXPECT_EQ(device.error().message,
            "no input device found: this system offers no sound card to record from");
}

// On a machine with sound cards this opens (without starting) or explains itself.
TEST(PortAudio, OpensOrSaysWhyNot) {
  const auto device = open_portaudio({});
  if (!device.ok()) {
    EXPECT_GT(device.error().message.size(), 20u) << device.error().message;
    const auto devices = list_devices();
    ASSERT_TRUE(devices.ok());
    if (devices->empty()) {
      EXPECT_EQ(device.error().code, ErrorCode::not_found);
    }
  }
  EXPECT_EQ(open_portaudio({.block = -1}).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace limpid::streaming
