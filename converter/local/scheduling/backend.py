"""EventBridge Scheduler behind the moto server: moto keeps the schedules, ours fire them."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from types import ModuleType
from typing import Any

import moto.scheduler.urls
from moto.core.exceptions import JsonRESTError
from moto.scheduler.exceptions import ScheduleGroupNotFound, ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule, ScheduleGroup

from converter.local.scheduling.expressions import ExpressionError, RateExpression, parse_expression
from converter.local.scheduling.targets import TargetError, api_call
from converter.local.scheduling.timers import INSTANT, Timer, Timers


class LocalScheduler(EventBridgeSchedulerBackend):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """One account and region of EventBridge Scheduler."""

    def __init__(self, region_name: str, account_id: str, timers: Timers) -> None:
        super().__init__(region_name, account_id)
        self._timers = timers

    def reset(self) -> None:
        """Forget all schedules, and show the real time again."""
        self._timers.clear()
        self.__init__(self.region_name, self.account_id, self._timers)  # type: ignore[misc]  # moto's own way

    @property
    def _url_module(self) -> ModuleType:
        return moto.scheduler.urls  # type: ignore[no-any-return]  # moto is not seen by mypy

    def create_schedule(self, **settings: Any) -> Schedule:
        """Create a schedule; if it is enabled, it fires from now on."""
        _check(settings)
        self.get_schedule_group(settings["group_name"])
        schedule = super().create_schedule(**settings)
        self._arm(schedule)
        return schedule

    def update_schedule(self, **settings: Any) -> Schedule:
        """Replace a schedule's settings, all of them, as in AWS."""
        _check(settings)
        schedule = super().update_schedule(**settings)
        schedule.state = settings["state"] or "ENABLED"
        self._arm(schedule)
        return schedule

    def delete_schedule(self, group_name: str | None, name: str) -> None:
        """Delete a schedule."""
        arn = self.get_schedule(group_name, name).arn
        super().delete_schedule(group_name, name)
        self._timers.remove(arn)

    def create_schedule_group(self, name: str, tags: list[dict[str, str]]) -> ScheduleGroup:
        """Create a group."""
        if name in self.schedule_groups:
            raise JsonRESTError("ConflictException", f"Schedule group {name} already exists.")
        return super().create_schedule_group(name, tags)

    def delete_schedule_group(self, name: str | None) -> None:
        """Delete a group with its schedules."""
        if name == "default":
            raise ValidationException("The default schedule group cannot be deleted.")
        if name not in self.schedule_groups:
            raise ScheduleGroupNotFound(name)
        for schedule in self.schedule_groups[name].schedules.values():
            self._timers.remove(schedule.arn)
        super().delete_schedule_group(name)

    def restored(self) -> None:
        """Let the schedules of an earlier process fire again; what was due in between is left out."""
        for group in self.schedule_groups.values():
            for schedule in group.schedules.values():
                self._arm(schedule, is_new=False)

    def _arm(self, schedule: Schedule, *, is_new: bool = True) -> None:
        """Let an enabled schedule fire from now on; a disabled one no more."""
        if schedule.state != "ENABLED":
            self._timers.remove(schedule.arn)
            return
        expression = parse_expression(schedule.schedule_expression, schedule.schedule_expression_timezone)
        present = self._timers.clock.now()
        start, end = _moment(schedule.start_date), _moment(schedule.end_date)
        since = present
        if start is not None and start > present:
            since = start - INSTANT
        elif start is None and is_new and isinstance(expression, RateExpression):
            since = present - INSTANT  # it fires at once
        base = present if is_new else datetime.fromtimestamp(schedule.last_modified_date, timezone.utc)
        over = None
        if schedule.action_after_completion == "DELETE":
            over = partial(self.delete_schedule, schedule.group_name, schedule.name)
        self._timers.set(Timer(schedule.arn, expression, schedule.target, start or base, since, end, over))


def _check(settings: dict[str, Any]) -> None:
    """Refuse what could never fire."""
    zone = settings["schedule_expression_timezone"] or "UTC"
    target = settings["target"]
    try:
        parse_expression(settings["schedule_expression"], zone)
        # Placeholders are no JSON before they are filled in: only the ARN counts here.
        api_call({"Arn": target["Arn"]}, "")
    except (ExpressionError, TargetError) as error:
        raise ValidationException(str(error)) from None


def _moment(value: Any) -> datetime | None:
    """A date of the API, seconds since 1970."""
    return None if value is None else datetime.fromtimestamp(float(value), timezone.utc)
