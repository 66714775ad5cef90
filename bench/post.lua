-- SPDX-License-Identifier: Apache-2.0
-- One chat call after the other, each with the next key:
--   wrk -s post.lua URL -- KEYS_FILE [PAUSE_MS ["Header: value" ...]]
-- PAUSE_MS is the mean time between an answer and the next call of its connection, 0 for none.
-- Its last line on stdout is a JSON object with what was counted.

local body_bytes = 1024
local requests = {}
local next_request = 0

local function chat_body()
  local head = '{"model":"gpt-4.1-mini","max_tokens":200,"messages":[{"role":"user","content":"'
  local tail = '"}]}'
  local text = string.rep("Say in one sentence what a tollgate is. ", 40)
  return head .. text:sub(1, body_bytes - #head - #tail) .. tail
end

-- As of callers who know nothing of each other: exponential. wrk takes whole milliseconds.
local function pause(mean_ms)
  local ms = -mean_ms * math.log(1 - math.random())
  return math.floor(ms) + (math.random() < ms % 1 and 1 or 0)
end

-- Every request is written out beforehand: what wrk does in between is not what is measured.
function init(arguments)
  local body = chat_body()
  local headers = { ["Host"] = "127.0.0.1", ["Content-Type"] = "application/json" }
  for i = 3, #arguments do
    local name, value = arguments[i]:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  for key in io.lines(arguments[1]) do
    headers["Authorization"] = "Bearer " .. key
    requests[#requests + 1] = wrk.format("POST", "/v1/chat/completions", headers, body)
  end
  local pause_ms = tonumber(arguments[2] or "0")
  if pause_ms > 0 then
    delay = function() return pause(pause_ms) end
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"calls":%d,"seconds":%.3f,"error_status":%d,"error_socket":%d,"bytes":%d,' ..
    '"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, summary.bytes,
    latency:percentile(50), latency:percentile(99)))
end
