"""What happened to a job: the durable event log and the state that follows from it."""
