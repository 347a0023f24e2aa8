// SPDX-License-Identifier: MIT
#include "models/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>
#include <vector>

#include "models/shipped.h"

namespace limpid::models {
namespace {

TEST(Registry, ShippedModelsAreSharedWhileTheyAreUsed) {
  auto first = load("frcrn");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*first, *load("frcrn"));
  EXPECT_NE(*first, *load("light"));
  EXPECT_EQ(*load(""), *load("light"))
      << "the second one is loaded while the first one lives";

  const std::weak_ptr<const Model> used = *first;
  *first = nullptr;
  EXPECT_TRUE(used.expired()) << "nobody uses it, but it is kept";
  EXPECT_TRUE(load("frcrn")) << "and it can be loaded again";
}

TEST(Registry, ThreadsThatLoadAtOnceShare) {
  std::vector<std::shared_ptr<const Model>> models(4);
  std::vector<std::jthread> threads;
  for (auto& model : models) threads.emplace_back([&] { model = *load("frcrn"); });
  threads.clear();
  EXPECT_NE(models[0], nullptr);
  EXPECT_EQ(std::ranges::count(models, models[0]), 4);
}

TEST(Registry, WhatIsNotThereIsCalledAModelOrAFile) {
  for (const char* name : {"absent", "no/such", "absent.safetensors"}) {
    const auto model = load(name);
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::not_found);
    EXPECT_EQ(model.error().message.find("this library has light") != std::string::npos,
              std::string(name) == "absent")
        << model.error().message;
  }
}

TEST(Registry, FilesAreReadAnew) {
  const std::string path = testing::TempDir() + "registry_test.safetensors";
  const auto bytes = shipped_models()[0].bytes;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  const auto first = load(path), second = load(path);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_NE(*first, *second);
}

}  // namespace
}  // namespace limpid::models
