-- http.request: one HTTP request. This file makes the request and reads the answer; the core checks the address
-- (at each redirect, too), puts the secret in, and enforces time and size. No secret's value is ever here.

local host = require "host"
local json = require "moon.json"
local url = require "url"

local READS = { GET = true, HEAD = true, OPTIONS = true }

-- Headers that belong to the connection, or that the core sets itself.
local FORBIDDEN = {
  host = true, ["content-length"] = true, connection = true, ["transfer-encoding"] = true, te = true, trailer = true,
  upgrade = true, ["keep-alive"] = true, expect = true, ["accept-encoding"] = true, ["idempotency-key"] = true,
    via = true,
  forwarded = true, ["x-forwarded-for"] = true, ["x-real-ip"] = true,
}

local EXCERPT_BYTES = 500

local function fail(code, message, retryable, details)
  error({ code = code, message = message, retryable = retryable or false, details = details }, 0)
end

local function check_headers(headers, auth)
  local clean, seen = {}, {}
  local carrier = auth and ((auth.as or "bearer"):match("^header:(.+)$") or "authorization"):lower()
  for name, value in pairs(headers or {}) do
    local lower = name:lower()
    if FORBIDDEN[lower] or lower:find("^proxy%-") then fail("invalid_arguments", 'the header "' .. name ..
      '" may not be set') end
    if seen[lower] then fail("invalid_arguments", 'the header "' .. name .. '" is given twice') end
    if lower == carrier then fail("invalid_arguments", 'the header "' .. name .. '" is the one that auth sets') end
    seen[lower], clean[name] = true, value
  end
  if auth and (FORBIDDEN[carrier] or carrier:find("^proxy%-")) then
    fail("invalid_arguments", 'auth may not set the header "' .. carrier .. '"')
  end
  return clean, seen
end

-- The body to send and its type; nil when there is none.
local function make_body(args)
  if args.json ~= nil then return json.encode(args.json), "application/json" end
  if args.form then return url.form(args.form), "application/x-www-form-urlencoded" end
  return args.body, nil
end

local function is_json(headers)
  local kind = (headers["content-type"] or ""):lower():match("^%s*([^;%s]*)")
  return kind == "application/json" or kind:find("%+json$") ~= nil
end

local function read(answer)
  local result = { status = answer.status, headers = answer.headers or {}, url = answer.url }
  local body = answer.body or ""
  if answer.base64 then
    result.body, result.base64 = body, true
  elseif body ~= "" then
    local value
    if is_json(result.headers) then value = json.decode(body) end
    if value ~= nil then result.json = value else result.body = body end
  end
  return result
end

-- The beginning of a text, not cut inside a character.
local function excerpt(text)
  local last = math.min(#text, EXCERPT_BYTES)
  while last > 0 and last < #text and text:find("^[\128-\191]", last + 1) do last = last - 1 end
  return text:sub(1, last)
end

local function check_status(result)
  if result.status < 400 then return end
  local retryable = result.status >= 500 or result.status == 429 or result.status == 408
  fail("upstream_error", "the server answered " .. result.status, retryable, {
    status = result.status, retry_after = result.headers["retry-after"], json = result.json,
    body = result.body and not result.base64 and excerpt(result.body) or nil,
  })
end

return function(args)
  local method = args.method or "GET"
  local address, problem = url.build(args.url, args.query)
  if not address then fail("invalid_arguments", problem) end
  local headers, given = check_headers(args.headers, args.auth)
  local body, kind = make_body(args)
  if kind and not given["content-type"] then headers["Content-Type"] = kind end
  if not given.accept then headers.Accept = "application/json, */*;q=0.5" end
  local result = read(host.http({
    method = method, url = address, headers = headers, body = body, auth = args.auth, timeout_ms = args.timeout_ms
      or 30000,
    max_bytes = args.max_bytes or 1048576, follow = READS[method] and (args.follow or 5) or 0,
  }))
  if args.ok_only then check_status(result) end
  return result
end
