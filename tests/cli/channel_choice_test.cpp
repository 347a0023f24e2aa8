// SPDX-License-Identifier: MIT
#include "examples/limpid/channel_choice.h"

#include <gtest/gtest.h>

namespace limpid::cli {
namespace {

ModelSpec model_of(int microphones) {
  ModelSpec spec;
  spec.name = "array";
  spec.input_channels = microphones;
  return spec;
}

std::vector<int> chosen(int microphones, const ChannelChoice& choice, int available) {
  auto channels = choose_channels(model_of(microphones), choice, available);
  EXPECT_TRUE(channels) << channels.error().message;
  return channels ? *channels : std::vector<int>();
}

std::string refusal(int microphones, const ChannelChoice& choice, int available) {
  const auto channels = choose_channels(model_of(microphones), choice, available);
  EXPECT_FALSE(channels) << choice.list;
  return channels ? "" : channels.error().message;
}

using Channels = std::vector<int>;

TEST(ChannelChoice, ListsAndRanges) {
  EXPECT_EQ(chosen(4, {"", 0}, 4), (Channels{0, 1, 2, 3}));
  EXPECT_EQ(chosen(4, {"1-4", 0}, 8), (Channels{0, 1, 2, 3}));
  EXPECT_EQ(chosen(3, {"2,1,3", 0}, 3), (Channels{1, 0, 2}));
  EXPECT_EQ(chosen(5, {"8-6,1,3", 0}, 8), (Channels{7, 6, 5, 0, 2}));
}

// On a circle the neighbours stay neighbours.
TEST(ChannelChoice, TheReferenceComesFirstAndTheOthersFollowRoundTheEnd) {
  EXPECT_EQ(chosen(4, {"", 3}, 4), (Channels{2, 3, 0, 1}));
  EXPECT_EQ(chosen(3, {"6,5,4", 4}, 8), (Channels{3, 5, 4}));
  EXPECT_EQ(chosen(2, {"1,2", 1}, 2), (Channels{0, 1}));
}

TEST(ChannelChoice, OneMicrophoneTakesAnyNumberButNoReference) {
  EXPECT_EQ(chosen(1, {"", 0}, 6), (Channels{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(chosen(1, {"2", 0}, 6), (Channels{1}));
  EXPECT_NE(refusal(1, {"", 2}, 6).find("one microphone"), std::string::npos);
}

TEST(ChannelChoice, WhatIsWrongIsNamed) {
  for (const char* list :
       {"0", "1-", "-2", "1,,2", "a", "1 2", ",", "1-2-3", "99999999999", "1025", "1-1025"})
    EXPECT_NE(refusal(2, {list, 0}, 8).find("expected numbers"), std::string::npos) << list;
  EXPECT_NE(refusal(3, {"1-2,2", 0}, 8).find("channel 2 is there twice"), std::string::npos);
  EXPECT_NE(refusal(2, {"1,9", 0}, 8).find("no channel 9: 8 in all"), std::string::npos);
  EXPECT_NE(refusal(2, {"1-3", 0}, 8).find("needs 2 channels, one of each microphone, found 3"),
            std::string::npos);
  EXPECT_NE(refusal(2, {"", 0}, 8).find("choose with --channels"), std::string::npos);
  EXPECT_EQ(refusal(4, {"", 0}, 2).find("choose with"), std::string::npos);
  EXPECT_NE(refusal(2, {"1,2", 5}, 8).find("channel 5, which is not one"), std::string::npos);
}

TEST(ChannelChoice, ASoundCardOpensAsManyAsAreNamed) {
  EXPECT_EQ(*choose_channels(model_of(4), {}), (Channels{0, 1, 2, 3}));
  EXPECT_EQ(*choose_channels(model_of(1), {}), (Channels{0}));
  EXPECT_EQ(*choose_channels(model_of(2), {"7,8", 8}), (Channels{7, 6}));
  EXPECT_FALSE(choose_channels(model_of(2), {"7", 0}));
}

}  // namespace
}  // namespace limpid::cli
