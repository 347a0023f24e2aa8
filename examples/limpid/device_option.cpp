// SPDX-License-Identifier: MIT
#include "examples/limpid/device_option.h"

#include <CLI/CLI.hpp>
#include <set>

#include "lib/model/device_name.h"

namespace limpid::cli {
namespace {

std::string is_device(const std::string& device) {
  const auto gpu = limpid::gpu_of(device);
  return gpu ? "" : gpu.error().message;
}

}  // namespace

std::vector<std::string> arithmetics() {
  std::vector<std::string> names;
  for (const auto& [name, arithmetic] : kArithmeticNames) names.emplace_back(name);
  return names;
}

CLI::Option* add_device(CLI::App& command, std::string& device) {
  return command.add_option("--device", device, "cpu, cuda or cuda:INDEX")
      ->capture_default_str()
      ->check(is_device)
      ->type_name("DEVICE");
}

CLI::Option* add_arithmetic(CLI::App& command, std::string& arithmetic) {
  const std::vector<std::string> names = arithmetics();
  return command
      .add_option("--arithmetic", arithmetic,
                  "Products on a GPU: exact, tf32x3, tf32, fp16 or bf16")
      ->capture_default_str()
      ->check(CLI::IsMember(std::set<std::string>(names.begin(), names.end())).description(""))
      ->type_name("KIND");
}

Status check_arithmetic(const std::string& device, const std::string& arithmetic) {
  if (gpu_of(device) >= 0 || arithmetic_of(arithmetic) == Arithmetic::exact) return Done{};
  return Error{ErrorCode::invalid_argument,
               "--arithmetic " + arithmetic + " is for GPUs: --device cuda"};
}

Arithmetic arithmetic_of(const std::string& arithmetic) {
  return *limpid::arithmetic_of(arithmetic);
}

int gpu_of(const std::string& device) {
  return *limpid::gpu_of(device);
}

}  // namespace limpid::cli
