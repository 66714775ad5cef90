// SPDX-License-Identifier: Apache-2.0
#include "base/secret_bytes.h"

#include <sodium.h>

#include <cstring>
#include <utility>

#include "base/result.h"

namespace tg {
namespace {

// libsodium's heap needs its start-up once; who makes the first secret runs it.
void start_sodium() noexcept {
  static const bool kStarted = sodium_init() >= 0;
  TG_CHECK(kStarted);
}

}  // namespace

SecretBytes::SecretBytes(std::size_t size) : size_{size} {
  if (size == 0) return;
  start_sodium();
  bytes_ = static_cast<unsigned char*>(sodium_malloc(size));
  TG_CHECK(bytes_ != nullptr);
  std::memset(bytes_, 0, size);
}

SecretBytes::SecretBytes(std::string_view text) : SecretBytes{text.size()} {
  if (!text.empty()) std::memcpy(bytes_, text.data(), text.size());
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : bytes_{std::exchange(other.bytes_, nullptr)}, size_{std::exchange(other.size_, 0)} {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

SecretBytes::~SecretBytes() { sodium_free(bytes_); }

SecretBytes SecretBytes::random(std::size_t size) {
  SecretBytes secret{size};
  randombytes_buf(secret.data(), size);
  return secret;
}

SecretBytes SecretBytes::clone() const { return SecretBytes{reveal()}; }

void wipe(std::span<char> text) noexcept { sodium_memzero(text.data(), text.size()); }

bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace tg
