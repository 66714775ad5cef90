// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

// Bytes that must not get out: a credential, a master key, a password, a key that is shown once.
// They live in libsodium's guarded heap (locked in memory, left out of core dumps, between
// unreadable pages) and are wiped when dropped. There is no operator<< and no formatter, on
// purpose.
//
// Threading:  a value; not shared while written.
// Lifetime:   moves, never copies; clone() where two owners are meant.
// Limits:     each one costs at least three pages: for secrets that stay, not for one per call.
namespace tg {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);
  explicit SecretBytes(std::string_view text);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  static SecretBytes random(std::size_t size);
  [[nodiscard]] SecretBytes clone() const;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] unsigned char* data() noexcept { return bytes_; }
  [[nodiscard]] const unsigned char* data() const noexcept { return bytes_; }
  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept { return {bytes_, size_}; }

  // The secret as text, for the one line that puts it on the wire or hands it to a library.
  [[nodiscard]] std::string_view reveal() const noexcept {
    return {reinterpret_cast<const char*>(bytes_), size_};
  }

 private:
  unsigned char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

// Overwrites text that held a secret, so that it cannot be read from freed memory.
void wipe(std::span<char> text) noexcept;

// Compares in time that depends on the length alone.
[[nodiscard]] bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

}  // namespace tg
