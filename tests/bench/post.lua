-- wrk's script: POSTs the file $BODY with the header lines in $HEADERS ("Name: value", by line), and
-- tells what came of it as one line of JSON.
-- luacheck: globals wrk done

local file = assert(io.open(os.getenv("BODY")))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
for name, value in string.gmatch(os.getenv("HEADERS") or "", "([%w-]+): ([^\n]+)") do
    wrk.headers[name] = value
end
file:close()

function done(summary, latency) -- luacheck: ignore 131
    local errors = summary.errors
    io.write(string.format(
        '{"n": %d, "seconds": %.6f, "p50_ms": %.3f, "p90_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f, '
            .. '"errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000,
        latency:percentile(90) / 1000, latency:percentile(99) / 1000, latency.max / 1000,
        errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
