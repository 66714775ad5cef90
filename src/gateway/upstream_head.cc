// SPDX-License-Identifier: Apache-2.0
#include "gateway/upstream_head.h"

#include "base/number_text.h"

namespace tg::gateway {

std::string begin_upstream_head(const config::Provider& provider, const UpstreamRequest& request) {
  std::string head;
  head.reserve(1000);  // what is larger malloc does not keep at hand
  head.append(request.method).append(" ").append(provider.path_prefix).append(request.path);
  if (!request.query.empty()) head.append("?").append(request.query);
  head.append(" HTTP/1.1\r\nHost: ").append(provider.host);
  if (provider.port != (provider.tls ? 443 : 80)) {
    head.append(":");
    append_number(head, provider.port);
  }
  head.append("\r\n");
  if (!provider.credential.empty()) {
    head.append("Authorization: Bearer ").append(provider.credential.reveal()).append("\r\n");
  }
  return head;
}

}  // namespace tg::gateway
