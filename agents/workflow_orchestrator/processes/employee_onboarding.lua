-- A new colleague: record, accounts and equipment before the first day; all taken back when the manager says no.

return {
  name = "employee_onboarding", title = "Onboarding",
  input = {
    type = "object", required = { "name", "email", "start_date", "team" },
    properties = {
      name = { type = "string", minLength = 1, description = "full name" },
      email = { type = "string", format = "email" },
      start_date = { type = "string", format = "date", description = "first working day" },
      team = { type = "string", minLength = 1 },
      equipment = { type = "string", enum = { "light laptop", "strong laptop", "none" } },
      manager = { type = "string", format = "email" },
    },
  },
  steps = {
    { id = "register", title = "Create the employee's record", kind = "record", record = "employee/{{data.email}}",
      set = { name = "{{data.name}}", team = "{{data.team}}", start_date = "{{data.start_date}}", status = "preparing" } },
    { id = "headcount", title = "Count the team", kind = "record", record = "team/{{data.team}}", add = { headcount = 1 } },
    { id = "confirm", title = "Prepare the first day of {{data.name}} on {{data.start_date}}?", kind = "approval",
      roles = { "hiring_manager" }, reminder_s = 86400, reminders = 5, escalate_s = 259200,
      escalate_to = { "people_lead" } },
    { id = "account", title = "Open the accounts", kind = "record", record = "account/{{data.email}}",
      set = { owner = "{{data.name}}", status = "open", groups = { "all", "{{data.team}}" } } },
    { id = "equipment", title = "Hand out: {{data.equipment}} for {{data.name}}", kind = "ask", roles = { "it" },
      when = { all = { { path = "data.equipment", op = "exists" }, { path = "data.equipment", op = "!=", value = "none" } } },
      form = { type = "object", required = { "serial_number" },
        properties = { serial_number = { type = "string", minLength = 1 } } } },
    { id = "inventory", title = "Enter it into the inventory", kind = "record",
      record = "device/{{steps.equipment.data.serial_number}}", set = { owner = "{{data.email}}", since = "{{today}}" },
      when = { path = "steps.equipment", op = "exists" } },
    { id = "first_day", title = "Wait for the first day", kind = "wait", ["until"] = "{{data.start_date}}" },
    { id = "activate", title = "Mark as active", kind = "record", record = "employee/{{data.email}}",
      set = { status = "active" } },
    { id = "plan", title = "Write the plan of the first week", kind = "tool", tool = "file.write",
      args = { path = "onboarding/{{data.email}}.md", content_type = "text/markdown",
        content = "# Welcome, {{data.name}}\n\nTeam: {{data.team}}. First day: {{data.start_date}}.\n\n- Day 1: badge, " ..
          "laptop, accounts\n- Day 2: security and safety trainings\n- Day 3: meet the team\n- Day 5: talk with the " ..
          "manager\n" } },
  },
}
