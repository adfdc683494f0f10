-- moon.sleep, now, uuid, random: time and chance, the same again when the run is replayed.

local parts = ...
local call, host = parts.call.call, parts.host
local type, error = type, error

return {
    sleep = function(seconds)
        if type(seconds) ~= "number" or seconds ~= seconds or seconds < 0 then
            error("a number of seconds from 0 is expected", 2)
        end
        call("sleep", { seconds = seconds })
    end,
    now = host.now,
    uuid = host.uuid,
    random = host.random,
}
