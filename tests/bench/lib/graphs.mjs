// Agents that are measured for the cost of moon.graph: what a node does is the same small bit of work
// everywhere, and none calls anything.
import {agentPackage} from '../../e2e/lib/packages.mjs';

/** Functions (state) -> update of a support desk: words counted, a line written, a list added to. */
const NODES = `
local function classify(state)
    local words, urgent = 0, 0
    for word in state.text:gmatch("%a+") do
        words = words + 1
        if word == "outage" or word == "down" or word == "urgent" then
            urgent = urgent + 1
        end
    end
    return { label = urgent > 1 and "urgent" or "normal", total = words }
end

local function draft(state)
    local answer = moon.template.render("Dear {{name}}, your ticket is {{label}}.", state)
    return { answer = answer, notes = "drafted " .. #answer .. " characters" }
end
`;

/** Ten nodes in a row, defined and run once: what an agent whose whole body is a graph does. */
export const tenNodes = () =>
    agentPackage(
        `local moon = require "moon"
${NODES}
local nodes, edges, names = {}, {}, {}
for i = 1, 10 do
    names[i] = ("step_%02d"):format(i)
    nodes[names[i]] = i % 2 == 1 and classify or draft
end
for i = 1, 10 do
    edges[names[i]] = names[i + 1] or "end"
end

return function(input)
    local graph = moon.graph{
        name = "ten",
        state = { text = "string", name = "string", label = "string", answer = "string", total = "sum", notes = "append" },
        start = names[1], nodes = nodes, edges = edges, output = { "label", "answer", "total" },
    }
    return graph:run(input)
end`,
        {name: 'bench_graph_ten'},
    );

/** input.mode 'graph' or 'plain': the same two functions in turn, input.steps times in all. */
export const manySteps = () =>
    agentPackage(
        `local moon = require "moon"
${NODES}
local function plain(input)
    local state = { text = input.text, name = input.name, total = 0, notes = {} }
    for _ = 1, input.steps / 2 do
        local update = classify(state)
        state.label = update.label
        state.total = state.total + update.total
        update = draft(state)
        state.answer = update.answer
        state.notes[#state.notes + 1] = update.notes
    end
    return state
end

local function graph(input)
    return moon.graph{
        name = "many", max_steps = input.steps + 1,
        state = { text = "string", name = "string", label = "string", answer = "string", total = "sum", notes = "append" },
        start = "classify",
        nodes = { classify = classify, draft = draft },
        edges = {
            classify = "draft",
            draft = {
                choose = function(state)
                    return #state.notes < input.steps / 2 and "classify" or "end"
                end,
                to = { "classify", "end" },
            },
        },
    }:run{ text = input.text, name = input.name }
end

return function(input)
    local state = input.mode == "graph" and graph(input) or plain(input)
    return { label = state.label, answer = state.answer, total = state.total, notes = #state.notes }
end`,
        {name: 'bench_graph_many'},
    );

/** A ticket of a usual length. */
export const TICKET = {
    name: 'Kim',
    text: `Since this morning the reporting page is down for everyone in our Lyon office. We see a blank page
after the login and an error about a time limit in the console. This is urgent, our month ends tomorrow.`,
};
