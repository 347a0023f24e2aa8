// SPDX-License-Identifier: MIT
#include "examples/limpid/report/page_file.h"

#include <fstream>
#include <span>

#include "lib/io/atomic_file.h"

namespace limpid::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
    "<meta name='viewport' content='width=device-width, initial-scale=1'><title>limpid ";

bool is_own_page(const fs::path& path) {
  std::string head(kHead.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  return file.read(head.data(), std::ssize(head)) && head == kHead;
}

// The folder of a file, or the nearest above it that is there already.
fs::path existing_folder(const fs::path& path) {
  std::error_code ignored;
  fs::path folder = path.parent_path();
  while (!folder.empty() && !fs::exists(folder, ignored)) folder = folder.parent_path();
  return folder;
}

}  // namespace

std::string page_head(std::string_view kind) {
  return std::string(kHead) + std::string(kind) + "</title>";
}

Status check_page(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored) && !is_own_page(path))
    return Error{ErrorCode::invalid_argument,
                 path.string() + " exists and is no report of limpid's: give another name"};
  auto attempt = io::AtomicFile::create(existing_folder(path) / path.filename());
  if (!attempt) return std::move(attempt).error();
  return Done{};
}

Status write_page(const fs::path& path, std::string_view html) {
  std::error_code ignored;  // AtomicFile says it better
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), ignored);
  auto file = io::AtomicFile::create(path);
  if (!file) return std::move(file).error();
  if (auto status = file->write(std::as_bytes(std::span(html))); !status) return status;
  return file->commit();
}

}  // namespace limpid::cli
