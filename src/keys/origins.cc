// SPDX-License-Identifier: Apache-2.0
#include "keys/origins.h"

#include <algorithm>

#include "keys/address.h"

namespace tg::keys {
namespace {

constexpr std::size_t kOriginsMax = 65'536;
constexpr std::size_t kSightingsMax = 65'536;
constexpr std::size_t kClientBytesMax = 80;

// People will read it in a terminal: printable ASCII, nothing that moves a cursor.
std::string plain(std::string_view client) {
  std::string text{client.substr(0, kClientBytesMax)};
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

Origin origin_of(std::string_view address, std::string client) {
  const auto parsed = Address::parse(address);
  return {.address = std::string{address},
          .network = parsed ? parsed->network() : std::string{},
          .client = std::move(client)};
}

}  // namespace

Origins::~Origins() { (void)take(); }

const Origin* Origins::of(std::string_view address, std::string_view client) {
  auto origin = origin_of(address, plain(client));
  const std::scoped_lock lock{mutex_};
  if (by_text_.size() >= kOriginsMax) {
    origin.address = origin.network;
    origin.client.clear();
  }
  auto& known = by_text_[origin.address + ' ' + origin.client];
  if (!known) known = std::make_unique<Origin>(std::move(origin));
  return known.get();
}

void Origins::note(Sighting sighting) {
  if (noted_count_.fetch_add(1, std::memory_order_relaxed) >= kSightingsMax) return;
  auto* noted = new Noted{.sighting = sighting, .next = noted_.load(std::memory_order_relaxed)};
  while (!noted_.compare_exchange_weak(noted->next, noted, std::memory_order_release,
                                       std::memory_order_relaxed)) {
  }
}

std::vector<Origins::Sighting> Origins::take() {
  // Takers take all, so no node comes back while another thread still compares against it.
  auto* noted = noted_.exchange(nullptr, std::memory_order_acquire);
  noted_count_.store(0, std::memory_order_relaxed);
  std::vector<Sighting> sightings;
  while (noted != nullptr) {
    const std::unique_ptr<Noted> taken{noted};
    sightings.push_back(taken->sighting);
    noted = taken->next;
  }
  return sightings;
}

}  // namespace tg::keys
