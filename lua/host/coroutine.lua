-- coroutine.*, for code that the scheduler preempts and that waits for answers.
--
-- A coroutine that is resumed here can come back in four ways, told apart by what it leaves:
--   it ended or failed;
--   it yielded of its own accord       USER, values
--   it waits for the scheduler         WAIT
--   it was preempted                   nothing
-- The last two are none of its resumer's business: they are handed up, coroutine by coroutine, to
-- the scheduler, and what the scheduler answers is handed down again.

local parts = ...
local host = parts.host
local enter, leave, up = host.co_enter, host.co_leave, host.co_up
local create, busy = host.co_create, host.co_busy
local USER, WAIT = host.USER, host.WAIT
local raw_resume, raw_status = coroutine.resume, coroutine.status
local error, select = error, select

local function settle(co, ok, ...)
    local mark = ...
    if not ok then
        leave(co, true, mark)
        return false, mark
    end
    if mark == USER then
        leave(co)
        return true, select(2, ...)
    end
    if mark == WAIT then
        return settle(co, raw_resume(co, up(WAIT)))
    end
    if raw_status(co) == "dead" then
        leave(co)
        return true, ...
    end
    return settle(co, raw_resume(co, up()))
end

local function resume(co, ...)
    local refusal = enter(co)
    if refusal then
        return false, refusal
    end
    return settle(co, raw_resume(co, ...))
end

local function pass(ok, ...)
    if ok then
        return ...
    end
    error((...), 0)
end

local function wrap(body)
    local co = create(body)
    return function(...)
        return pass(resume(co, ...))
    end
end

local function status(co)
    local now = raw_status(co)
    if now == "suspended" and busy(co) then
        return "normal" -- it waits for the scheduler, or was preempted
    end
    return now
end

return {
    create = create,
    resume = resume,
    yield = host.co_yield,
    wrap = wrap,
    status = status,
    running = host.co_running,
    isyieldable = host.co_isyieldable,
}
