"""Renders an operator's templated fields, as Airflow does: Jinja, references, nested containers."""

import os
import re
from collections.abc import Mapping
from typing import Any

from .context import names_of_airflow_2
from .references import Reference

_NEWLINE = re.compile(r"\r\n|\r|\n")
#: Begins what Jinja renders, or leaves out.
_MARK = re.compile(r"\{[{%#]")


class Renderer:
    """Renders values for one task. Jinja is imported only if a text has a template in it."""

    def __init__(self, task: Any, context: Mapping[str, Any]) -> None:
        self._task = task
        self._context = context
        self._names = {**names_of_airflow_2(context), **context}
        self._environment: Any = None

    def render_fields(self) -> None:
        """Replace the task's templated fields by what they are for this run."""
        for field in self._task.template_fields:
            value = vars(self._task).get(field)
            if value:
                setattr(self._task, field, self.render(value))

    def render(self, value: Any) -> Any:
        """Return a value with its templates rendered and its references resolved."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Reference):
            return value.resolve(self._context)
        if isinstance(value, tuple):
            items = [self.render(item) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, (list, set)):
            return type(value)(self.render(item) for item in value)
        if isinstance(value, dict):
            return {key: self.render(item) for key, item in value.items()}
        return value

    def _text(self, text: str) -> Any:
        is_file = text.endswith(tuple(self._task.template_ext))
        source = self._content_of(text) if is_file else text
        if source is not None and self._is_plain(source):
            # As Jinja reads it; it is imported only where there is something to render.
            return _NEWLINE.sub("\n", source).removesuffix("\n")
        environment = self._environment or self._new_environment()
        self._environment = environment
        template = environment.get_template(text) if is_file else environment.from_string(text)
        return template.render(self._names)

    def _is_plain(self, source: str) -> bool:
        """Whether a text is what Jinja would make of it; where it makes values of texts, "1" is none."""
        marks = _MARK.search(source) or self._task.dag.jinja_environment_kwargs
        return not marks and not self._is_native()

    def _is_native(self) -> bool:
        native = vars(self._task).get("render_template_as_native_obj")
        return bool(self._task.dag.render_template_as_native_obj if native is None else native)

    def _folders(self) -> list[str]:
        """Return where the files of templates are looked for."""
        dag = self._task.dag
        searched = dag.template_searchpath or []
        folders = [dag.folder, *([searched] if isinstance(searched, str) else searched)]
        return [os.fspath(folder) for folder in folders]

    def _content_of(self, name: str) -> str | None:
        """Return the text in the file of a template; None if there is none."""
        for folder in self._folders():
            file = os.path.join(folder, name)
            if os.path.isfile(file):
                with open(file, encoding="utf-8") as content:
                    return content.read()
        return None

    def _new_environment(self) -> Any:
        from jinja2 import FileSystemLoader, StrictUndefined, nativetypes, sandbox

        dag = self._task.dag
        options = {
            "undefined": dag.template_undefined or StrictUndefined,
            "extensions": ["jinja2.ext.do"],
            "loader": FileSystemLoader(self._folders()),
            **dag.jinja_environment_kwargs,
        }
        kind = nativetypes.NativeEnvironment if self._is_native() else sandbox.SandboxedEnvironment
        environment = kind(**options)
        environment.filters.update(_FILTERS)
        environment.globals.update(dag.user_defined_macros)
        environment.filters.update(dag.user_defined_filters)
        return environment


def _shown_with(pattern: str) -> Any:
    return lambda moment: None if moment is None else moment.strftime(pattern)


def _ts(moment: Any) -> Any:
    return None if moment is None else moment.isoformat()


def _ts_nodash_with_tz(moment: Any) -> Any:
    return None if moment is None else moment.isoformat().replace("-", "").replace(":", "")


_FILTERS = {
    "ds": _shown_with("%Y-%m-%d"),
    "ds_nodash": _shown_with("%Y%m%d"),
    "ts": _ts,
    "ts_nodash": _shown_with("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": _ts_nodash_with_tz,
}
