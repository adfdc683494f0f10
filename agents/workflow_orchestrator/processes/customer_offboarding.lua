-- A customer leaves and wants their data deleted: within 30 days, unless there is a reason to keep it. What was deleted
-- comes back when a later step fails.

return {
  name = "customer_offboarding", title = "Customer offboarding", due_days = 30,
  input = {
    type = "object", required = { "customer_id", "requested_by" },
    properties = {
      customer_id = { type = "string", minLength = 1 },
      requested_by = { type = "string", minLength = 1, description = "who asked, and how" },
      reason = { type = "string" },
    },
  },
  steps = {
    { id = "register", title = "Register the request", kind = "record", record = "deletion/{{data.customer_id}}",
      set = { requested = "{{today}}", due = "{{due}}", by = "{{data.requested_by}}", status = "open" } },
    { id = "hold", title = "Open invoices or a legal hold for customer {{data.customer_id}}? Due {{due}}", kind = "ask",
      roles = { "finance" }, reminder_s = 172800, reminders = 10, escalate_s = 604800, escalate_to = { "head_of_finance" },
      deadline_s = 1209600,
      form = { type = "object", required = { "must_keep" },
        properties = { must_keep = { type = "boolean" }, why = { type = "string" } } } },
    { id = "may_delete", title = "Nothing speaks against it", kind = "condition",
      ["if"] = { path = "steps.hold.data.must_keep", op = "==", value = true }, ["then"] = "reject", ["else"] = "next",
      message = "the data has to be kept" },
    { id = "close_account", title = "Close the account", kind = "record", record = "customer/{{data.customer_id}}",
      set = { status = "closed", closed = "{{today}}" } },
    { id = "release", title = "Delete all data of customer {{data.customer_id}}? Due {{due}}", kind = "approval",
      roles = { "data_protection" }, reminder_s = 86400, reminders = 20, escalate_s = 432000,
      escalate_to = { "head_of_legal" }, deadline_s = 1209600 },
    { id = "grace", title = "Wait, should somebody change their mind", kind = "wait", seconds = "{{config.grace_s}}" },
    { id = "delete", title = "Delete the customer's record", kind = "record", record = "customer/{{data.customer_id}}",
      remove = true },
    { id = "confirm", title = "Keep the proof", kind = "record", record = "deletion/{{data.customer_id}}",
      set = { status = "done", done = "{{now}}", released_by = "{{steps.release.by}}" } },
  },
}
