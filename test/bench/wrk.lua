-- POST /v1/orders, each with a key of its own, going round a file of bodies (one a line).
-- Arguments: the file, a tag no other run has, "async" or "wait".
local head, tails, count = "", {}, 0

function init(args)
  local prefer = args[3] == "async" and "Prefer: respond-async\r\n" or ""
  head = "POST /v1/orders HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port ..
    "\r\nContent-Type: application/json\r\n" .. prefer .. "Idempotency-Key: " .. args[2] .. "-"
  for body in io.lines(args[1]) do
    tails[#tails + 1] = "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
  end
end

function request()
  count = count + 1
  return head .. count .. tails[(count - 1) % #tails + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"answers":%d,"seconds":%f,"refused":%d,"broken":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
