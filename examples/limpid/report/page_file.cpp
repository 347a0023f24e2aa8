// SPDX-License-Identifier: MIT
#include "examples/limpid/report/page_file.h"

#include <fstream>
#include <span>

#include "examples/limpid/folders.h"
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

// Removes what was made for a file: its folder and those above it, up to `first`.
void remove_folders_of(const fs::path& path, const fs::path& first) {
  std::error_code ignored;
  for (fs::path folder = path; !first.empty() && folder != first;) {
    folder = folder.parent_path();
    fs::remove(folder, ignored);
  }
}

// In its folder, made where there is none.
Result<io::AtomicFile> create_page(const fs::path& path) {
  if (auto made = make_folder_of(path); !made) return std::move(made).error();
  return io::AtomicFile::create(path);
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
  const fs::path missing = first_missing_folder(path);
  Status status = Done{};
  if (auto attempt = create_page(path); !attempt) status = std::move(attempt).error();
  remove_folders_of(path, missing);
  return status;
}

Status write_page(const fs::path& path, std::string_view html) {
  auto file = create_page(path);
  if (!file) return std::move(file).error();
  if (auto status = file->write(std::as_bytes(std::span(html))); !status) return status;
  return file->commit();
}

}  // namespace limpid::cli
