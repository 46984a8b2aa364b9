"""What the caller should know beside the plan: one module a subject, and the notice itself."""
