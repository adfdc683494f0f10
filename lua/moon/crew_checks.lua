-- What a task's answer must pass: guardrails (functions, or rules that a model judges by), then a
-- person's review.

local parts = ...
local team, prompt, tell = parts.moon_crew_team, parts.moon_crew_prompt, parts.moon_crew_tell.tell
local schema, truncate, fail = parts.moon_schema, parts.moon_text.truncate, parts.call.fail
local raise, render = parts.call.raise, parts.moon_template.render
local type, error, ipairs, tostring = type, error, ipairs, tostring

local TITLE_CHARS, SHOWN_CHARS = 300, 500

local checks = {}

local JUDGE = {
    name = "judge", role = "a careful judge of other people's work",
    goal = "Say whether an answer keeps to a rule, and if not, exactly what is wrong.",
}

local function judge_of(run, task)
    local doer = run.def.manager or run.def.agent[task.agent]
    return {
        name = JUDGE.name, role = JUDGE.role, goal = JUDGE.goal,
        model = task.guardrail_model or doer.model,
        output = schema.object({
            ok = schema.boolean({ description = "true when the answer keeps to the rule" }),
            reason = schema.string({ description = "what is wrong and what would be right; empty when ok" }),
        }),
    }
end

-- A rule in words: ok, reason.
local function judge(run, work, rule, draft)
    local task = work.task
    local input = "# Rule\n" .. rule .. "\n\n# Task\n" .. render(task.description, run.inputs)
        .. "\n\n# Answer\n" .. draft.text
    local said = team.ask(run, judge_of(run, task), { name = work.name, account = work.account }, input).output
    return said.ok, said.reason
end

local function apply(run, work, rail, draft)
    if type(rail) == "string" then
        return judge(run, work, rail, draft)
    end
    local ok, why, value = rail(draft.output, {
        text = draft.text, task = work.name, agent = draft.agent, attempt = draft.attempt, inputs = run.inputs,
    })
    if type(ok) ~= "boolean" then
        error("the guardrail of task '" .. work.name .. "' returned a " .. type(ok)
            .. ": true, or false and what is wrong, is expected", 0)
    end
    if ok and value ~= nil then
        draft.output, draft.text = value, prompt.text(value)
    end
    return ok, why
end

local function retry(run, work, draft, cause, reason)
    tell(run, "task_retry", {
        task = work.name, attempt = draft.attempt, cause = cause, reason = truncate(reason, SHOWN_CHARS),
    }, true)
end

-- nil when the draft passes all guardrails, else what is wrong. A guardrail returns ok, what is wrong, and
-- optionally what is to be put in the draft's place; so `return #text > 5, "too short"` means what it says.
function checks.guard(run, work, draft)
    for _, rail in ipairs(work.task.guardrails) do
        local ok, why = apply(run, work, rail, draft)
        if not ok then
            why = why ~= nil and why ~= "" and tostring(why) or "It was refused without a reason."
            draft.refusals = draft.refusals + 1
            if draft.refusals > work.task.guardrail_retries then
                fail("guardrail_failed", "after " .. draft.attempt .. " attempts: " .. why)
            end
            retry(run, work, draft, "guardrail", why)
            return why
        end
    end
end

local function rejected(work, decision, message)
    raise({
        code = "review_rejected", retryable = false, message = message,
        details = { by = decision.by, comment = decision.comment, task = work.name },
    })
end

-- nil when a person approves the draft, or nobody need be asked; else what the person says.
function checks.review(run, work, draft)
    local review = work.task.review
    if not review then
        return nil
    end
    draft.rounds = draft.rounds + 1
    local decision = parts.moon_people.approve({
        title = truncate(review.title and render(review.title, run.inputs)
            or "Is the result of '" .. work.name .. "' good?", TITLE_CHARS),
        details = {
            crew = run.def.name, task = work.name, agent = draft.agent, draft = draft.output,
            expected = render(work.task.expected_output, run.inputs), round = draft.rounds, rounds = review.rounds,
        },
        roles = review.roles, deadline_s = review.deadline_s, on_deadline = review.on_deadline,
    })
    if decision.approved then
        return nil
    end
    local comment = decision.comment or ""
    if not decision.by and comment == "" and review.deadline_s then
        rejected(work, decision, "nobody reviewed the result in time")
    elseif draft.rounds >= review.rounds then
        rejected(work, decision, "rejected in review " .. draft.rounds .. " of " .. review.rounds
            .. (comment ~= "" and ": " .. comment or ""))
    end
    retry(run, work, draft, "review", comment)
    return "A reviewer rejected it" .. (comment ~= "" and ", saying: " .. comment or " and gave no reason.")
end

return checks
