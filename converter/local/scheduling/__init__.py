"""EventBridge Scheduler: schedules that really fire, on a clock that can be put forward."""
