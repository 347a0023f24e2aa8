// SPDX-License-Identifier: MIT
#include "examples/limpid/device_option.h"

#include <CLI/CLI.hpp>
#include <map>

namespace limpid::cli {
namespace {

const std::map<std::string, Arithmetic> kArithmetics{{"exact", Arithmetic::exact},
                                                     {"tf32x3", Arithmetic::tf32x3},
                                                     {"tf32", Arithmetic::tf32},
                                                     {"fp16", Arithmetic::fp16},
                                                     {"bf16", Arithmetic::bf16}};

std::string is_device(const std::string& device) {
  const std::string index = device.rfind("cuda:", 0) == 0 ? device.substr(5) : "0";
  const bool number = !index.empty() && index.size() < 4 &&
                      index.find_first_not_of("0123456789") == std::string::npos;
  const bool known = device == "cpu" || device == "cuda" || device.rfind("cuda:", 0) == 0;
  return known && number ? "" : "expected cpu, cuda or cuda:INDEX, found " + device;
}

}  // namespace

CLI::Option* add_device(CLI::App& command, std::string& device) {
  return command.add_option("--device", device, "cpu, cuda or cuda:INDEX")
      ->capture_default_str()
      ->check(is_device)
      ->type_name("DEVICE");
}

CLI::Option* add_arithmetic(CLI::App& command, std::string& arithmetic) {
  return command
      .add_option("--arithmetic", arithmetic,
                  "Products on a GPU: exact, tf32x3, tf32, fp16 or bf16")
      ->capture_default_str()
      ->check(CLI::IsMember(kArithmetics).description(""))
      ->type_name("KIND");
}

Status check_arithmetic(const std::string& device, const std::string& arithmetic) {
  if (gpu_of(device) >= 0 || arithmetic_of(arithmetic) == Arithmetic::exact) return Done{};
  return Error{ErrorCode::invalid_argument,
               "--arithmetic " + arithmetic + " is for GPUs: --device cuda"};
}

Arithmetic arithmetic_of(const std::string& arithmetic) {
  return kArithmetics.at(arithmetic);
}

int gpu_of(const std::string& device) {
  if (device == "cpu") return -1;
  return device == "cuda" ? 0 : std::stoi(device.substr(device.find(':') + 1));
}

}  // namespace limpid::cli
