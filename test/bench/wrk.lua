-- POST /v1/orders, each with a key of its own, going round a file of bodies (one a line); or GET, going round a file of paths.
-- Arguments: the file, a tag no other run has, "async", "wait" or "read".
local head, tails, count, reads = "", {}, 0, false

function init(args)
  local host = "Host: " .. wrk.host .. ":" .. wrk.port
  reads = args[3] == "read"
  local prefer = args[3] == "async" and "Prefer: respond-async\r\n" or ""
  head = "POST /v1/orders HTTP/1.1\r\n" .. host ..
    "\r\nContent-Type: application/json\r\n" .. prefer .. "Idempotency-Key: " .. args[2] .. "-"
  for body in io.lines(args[1]) do
    tails[#tails + 1] = reads and "GET " .. body .. " HTTP/1.1\r\n" .. host .. "\r\n\r\n"
      or "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
  end
end

function request()
  count = count + 1
  if reads then return tails[(count - 1) % #tails + 1] end
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
