-- The events of a crew. Those that say where the run is are kept in its record, as long as they are few: a
-- run may tell a thousand. The rest is for whoever follows it at that moment.

local parts = ...
local emit = parts.moon_log.emit

local KEPT = 400 -- of one crew
local EACH = 2   -- of one task: begun, done
local LIVE = { live = true }

local events = {}

-- For `n` more runs of the crew: how many of them may still be kept.
function events.reserve(def, n)
    local cost = EACH * #def.tasks
    local left = math.floor((KEPT - def.told) / cost)
    def.told = def.told + n * cost
    return left
end

-- Adds the crew's name to data.
function events.tell(run, name, data, is_live)
    data.crew = run.def.name
    emit("crew." .. name, data, (is_live or not run.is_kept) and LIVE or nil)
end

return events
