// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// Where calls come from: address and client program, each pair kept once, so that a call notes its
// own with one pointer.
//
// Threading:  of() from any thread, under a lock: a connection asks once, not once a call.
//             note() from any worker, without one; take() from one control thread.
// Lifetime:   an Origin lives as long as its table.
// Limits:     65,536 origins; what comes later keeps its address's network and no client. A
// client's
//             name is cut at 80 bytes. 65,536 sightings between two take()s; more are dropped.
namespace tg::keys {

struct Key;

struct Origin {
  std::string address;
  std::string network;  // "" where the address cannot be read
  std::string client;   // User-Agent
};

class Origins {
 public:
  Origins() = default;
  ~Origins();
  Origins(const Origins&) = delete;
  Origins& operator=(const Origins&) = delete;

  [[nodiscard]] const Origin* of(std::string_view address, std::string_view client);

  // A key was used from somewhere else than the time before.
  struct Sighting {
    const Key* key;
    const Origin* origin;
  };
  void note(Sighting sighting);
  // All since the last time, the newest first.
  [[nodiscard]] std::vector<Sighting> take();

 private:
  struct Noted {
    Sighting sighting;
    Noted* next;
  };

  std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<Origin>> by_text_;
  std::atomic<Noted*> noted_{nullptr};
  std::atomic<std::size_t> noted_count_{0};
};

}  // namespace tg::keys
