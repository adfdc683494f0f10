-- luacheck: LuaJIT's globals; specs see busted's; what runs in a sandbox or the toolbox sees only what
-- lua/host/surface.lua gives it.
std = "luajit"
max_line_length = false -- layout is the author's; the linter is for mistakes

stds.sandbox = {
  read_globals = {
    "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset", "select",
    "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall", "print", "load", "loadstring", "require",
    "collectgarbage", "_VERSION", "_G",
    string = { fields = {
      "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper",
    } },
    table = { fields = { "concat", "insert", "remove", "sort", "maxn", "unpack", "pack", "move" } },
    math = { other_fields = true },
    os = { fields = { "clock", "date", "time", "difftime" } },
    coroutine = { fields = { "create", "resume", "yield", "wrap", "status", "running", "isyieldable" } },
    bit = { other_fields = true },
  },
}

for _, folder in ipairs({ "agents", "tools", "lua/local", "lua/toolbox", "lua/compiler", "lua/sim", "tests/packages" }) do
  files[folder].std = "sandbox"
end
for _, specs in ipairs({ "tests/lua", "agents/*/spec", "tools/*/spec" }) do
  files[specs].std = "luajit+busted"
end

exclude_files = {
  "tests/packages/hostile_broken_lua", "tests/packages/hostile_bytecode", -- broken on purpose
}
