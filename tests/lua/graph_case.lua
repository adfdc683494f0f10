-- What the specs of graphs share: a world in which calls take as long as their `seconds` say, and short
-- words for defining and running a graph in it.

local graph_kit = require "tests.lua.graph_kit"

return function()
    local case = {}
    local world = graph_kit.new(function(_, args)
        return true, { echo = args }, args.seconds or 1
    end)
    local moon = world.moon
    case.world, case.moon, case.NULL = world, moon, world.parts.host.NULL

    -- Defines and runs a graph; returns its state, and how many steps it took.
    function case.run(def, input, opts)
        local steps
        local state = world:run(function()
            local result, info = moon.graph(def):run(input, opts)
            steps = info.steps
            return result
        end)
        return state, steps
    end

    -- The error that it raises.
    function case.fails(def, input, opts)
        return world:error(function()
            return moon.graph(def):run(input, opts)
        end)
    end

    -- A node that appends its name to `log`, after a call of so many seconds if there are any.
    function case.add(name, seconds)
        return function()
            if seconds then
                moon.tool("work", { seconds = seconds, name = name })
            end
            return { log = name }
        end
    end

    function case.names_of_calls()
        local names = {}
        for i, call in ipairs(world.calls) do
            names[i] = call[2].name or call[1]
        end
        return names
    end

    -- The data of the events of this name.
    function case.events(name)
        local list = {}
        for _, event in ipairs(world.events) do
            if event.name == name then
                list[#list + 1] = event.data
            end
        end
        return list
    end

    -- a -> b, c -> d
    function case.diamond(nodes, state)
        return { state = state or { log = "append" }, start = "a", nodes = nodes,
            edges = { a = { "b", "c" }, b = "d", c = "d", d = "end" } }
    end

    return case
end
