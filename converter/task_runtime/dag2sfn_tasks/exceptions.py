"""Airflow's exceptions, by the names that authors raise and catch."""


class AirflowException(Exception):
    """The base of Airflow's own errors."""


class AirflowSkipException(AirflowException):
    """The task ends as skipped."""


class AirflowFailException(AirflowException):
    """The task fails, and is not tried again."""


class AirflowNotFoundException(AirflowException):
    """Something that a task asked for does not exist."""


class AirflowSensorTimeout(AirflowException):
    """A sensor has waited for too long; not tried again."""


class AirflowTaskTimeout(BaseException):
    """A try has taken longer than execution_timeout. As in Airflow, not caught by ``except Exception``."""


class XComNotFound(AirflowException):
    """A key that was referred to was not pushed."""


class NotInLambdaError(Exception):
    """The task needs what only Airflow has: a hook, a connection, the database, another operator."""
