-- http.request against a host that only records what it is asked for.

local harness = require "tests.lua.harness"

local FOLDER = "tools/http_request"

-- Runs the tool; returns its result, and what it asked the host for.
local function request(args, answer)
  local asked
  local main = harness.tool(FOLDER, { http = function(ask)
    asked = ask
    if type(answer) == "function" then return answer(ask) end
    return answer or { status = 200, headers = {}, body = "" }
  end })
  local ok, result = pcall(main, args)
  return ok and result or nil, asked, not ok and result or nil
end

local function refused(args)
  local _, asked, err = request(args)
  assert.is_nil(asked)
  return err
end

describe("http.request", function()
  it("asks with GET, follows redirects and takes JSON when nothing else is said", function()
    local _, asked = request({ url = "https://api.example.com/x" })
    assert.same({ method = "GET", url = "https://api.example.com/x", headers = { Accept = "application/json, */*;q=0.5" }, timeout_ms = 30000, max_bytes = 1048576, follow = 5 }, asked)
  end)

  it("never follows redirects of a write", function()
    local _, asked = request({ url = "https://a.example/", method = "POST", follow = 5 })
    assert.equal(0, asked.follow)
  end)

  for address, wanted in pairs({
    ["https://a.example/p"] = "https://a.example/p?a%20b=1&list=x&list=y%26z&n=1.5", ["https://a.example?q=1#top"] = "https://a.example?q=1&a%20b=1&list=x&list=y%26z&n=1.5",
  }) do
    it("adds the query to " .. address, function()
      local _, asked = request({ url = address, query = { ["a b"] = 1, list = { "x", "y&z" }, n = 1.5 } })
      assert.equal(wanted, asked.url)
    end)
  end

  it("sends a value as JSON, a form as a form, text as it is", function()
    local _, asked = request({ url = "https://a.example/", method = "POST", json = { a = 1 } })
    assert.equal('{"a":1}', asked.body)
    assert.equal("application/json", asked.headers["Content-Type"])
    _, asked = request({ url = "https://a.example/", method = "POST", form = { q = "a b&c", n = 2 } })
    assert.equal("n=2&q=a+b%26c", asked.body)
    assert.equal("application/x-www-form-urlencoded", asked.headers["Content-Type"])
    _, asked = request({ url = "https://a.example/", method = "PUT", body = "<x/>", headers = { ["content-type"] = "text/xml" } })
    assert.equal("<x/>", asked.body)
    assert.equal("text/xml", asked.headers["content-type"])
    assert.is_nil(asked.headers["Content-Type"])
  end)

  it("lets a content type of the caller stand", function()
    local _, asked = request({ url = "https://a.example/", method = "POST", json = {}, headers = { ["Content-type"] = "application/vnd.x+json" } })
    assert.is_nil(asked.headers["Content-Type"])
  end)

  it("passes a secret by its name only", function()
    local _, asked = request({ url = "https://a.example/", auth = { secret = "TOKEN", as = "header:X-Api-Key" } })
    assert.same({ secret = "TOKEN", as = "header:X-Api-Key" }, asked.auth)
    assert.is_nil(asked.headers["X-Api-Key"])
  end)

  for _, name in ipairs({ "Host", "content-length", "Connection", "Transfer-Encoding", "Proxy-Authorization", "Idempotency-Key", "Expect", "X-Forwarded-For" }) do
    it("refuses the header " .. name, function()
      assert.equal("invalid_arguments", refused({ url = "https://a.example/", headers = { [name] = "x" } }).code)
    end)
  end

  it("refuses a header twice, or one that auth sets", function()
    assert.equal("invalid_arguments", refused({ url = "https://a.example/", headers = { ["X-a"] = "1", ["x-A"] = "2" } }).code)
    assert.equal("invalid_arguments", refused({ url = "https://a.example/", headers = { authorization = "Bearer x" }, auth = { secret = "T" } }).code)
    assert.equal("invalid_arguments", refused({ url = "https://a.example/", auth = { secret = "T", as = "header:Host" } }).code)
  end)

  for _, address in ipairs({ "ftp://a.example/", "https://", "https:///x", "https://user:pass@a.example/", "//a.example" }) do
    it("refuses the address " .. address, function() assert.equal("invalid_arguments", refused({ url = address }).code) end)
  end

  it("reads JSON when the type says so, and text when it does not", function()
    local result = request({ url = "https://a.example/" }, { status = 200, headers = { ["content-type"] = "application/problem+json; charset=utf-8" }, body = '{"a":[1]}', url = "https://a.example/" })
    assert.same({ a = { 1 } }, result.json)
    assert.is_nil(result.body)
    result = request({ url = "https://a.example/" }, { status = 200, headers = { ["content-type"] = "text/plain" }, body = '{"a":1}' })
    assert.equal('{"a":1}', result.body)
    assert.is_nil(result.json)
  end)

  it("gives the text when JSON is promised and broken, and bytes as they come", function()
    local result = request({ url = "https://a.example/" }, { status = 200, headers = { ["content-type"] = "application/json" }, body = "{broken" })
    assert.equal("{broken", result.body)
    result = request({ url = "https://a.example/" }, { status = 200, headers = { ["content-type"] = "application/json" }, body = "AAEC", base64 = true })
    assert.equal("AAEC", result.body)
    assert.is_true(result.base64)
  end)

  it("takes a status as an answer, or as an error when asked to", function()
    local answer = { status = 503, headers = { ["retry-after"] = "7", ["content-type"] = "application/json" }, body = '{"e":1}' }
    assert.equal(503, request({ url = "https://a.example/" }, answer).status)
    local _, _, err = request({ url = "https://a.example/", ok_only = true }, answer)
    assert.same({ code = "upstream_error", message = "the server answered 503", retryable = true, details = { status = 503, retry_after = "7", json = { e = 1 } } }, err)
    _, _, err = request({ url = "https://a.example/", ok_only = true }, { status = 404, headers = {}, body = ("ä"):rep(400) })
    assert.is_false(err.retryable)
    assert.equal(("ä"):rep(250), err.details.body)
  end)

  it("passes the core's refusals on", function()
    local _, _, err = request({ url = "https://10.0.0.1/" }, function() error({ code = "egress_denied", message = "no", retryable = false }, 0) end)
    assert.equal("egress_denied", err.code)
  end)
end)
