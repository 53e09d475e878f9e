"""A plan as a Mermaid flowchart: a subgraph for each Parallel, a hexagon for each poller."""

from __future__ import annotations

import json
import re
from itertools import count, pairwise

from converter.planning.plan import Await, Node, Parallel, Plan, Step
from converter.report.plan_view import PlanView, await_label, parallel_label

#: Mermaid's own limits, which only the page that renders the chart can raise (mermaid.js.org, "Mermaid
#: configuration options": maxEdges, maxTextSize).
_EDGE_LIMIT, _TEXT_LIMIT = 500, 50_000
#: Characters of a chart besides nodes and arrows, at most.
_FRAME = 1_000
#: What could be syntax in a label, or Markdown: everything but words, and `_`, `-` and `.` inside of them.
_SPECIAL = re.compile(r"(?<![^\W_])[_.-]|[_.-](?![^\W_])|[^\w ,.-]")


def plan_mermaid(view: PlanView) -> str:
    """Return the flowchart of one plan, top down; dotted arrows lead from awaited tasks to their pollers.

    A chart beyond Mermaid's default limits begins with a comment that says what they have to be.
    """
    nodes, arrows = _chart(view.plan)
    size = _FRAME + sum(len(line) + 1 for line in (*nodes, *arrows))
    limits = []
    if len(arrows) > _EDGE_LIMIT or size > _TEXT_LIMIT:
        limits = [f"%% needs mermaid.initialize({{maxEdges: {len(arrows)}, maxTextSize: {size}}})"]
    head = ["---", f"title: {json.dumps(view.dag_id)}", "---", *limits, "flowchart TB"]
    return "\n".join([*head, *nodes, *arrows, "classDef poller stroke-dasharray:4 3"]) + "\n"


def _chart(plan: Plan) -> tuple[list[str], list[str]]:
    """Return the lines with nodes and subgraphs, and those with arrows."""
    names = (f"n{number}" for number in count(1))
    nodes: list[str] = []
    arrows: list[str] = []
    of_task: dict[str, str] = {}
    pollers: list[tuple[str, Await]] = []
    # What to write next: a node under its name, or the end of a subgraph.
    pending: list[tuple[str, Node] | None] = [(next(names), plan)]
    while pending:  # a plan may be thousands of levels deep
        current = pending.pop()
        if current is None:
            nodes.append("end")
            continue
        name, node = current
        if isinstance(node, Step):
            of_task[node.task_id] = name
            nodes.append(f'{name}["{_escaped(node.task_id)}"]')
        elif isinstance(node, Await):
            pollers.append((name, node))
            nodes.append(f'{name}{{{{"{_escaped(await_label(node))}"}}}}:::poller')
        else:
            children = [(next(names), child) for child in node.children]
            if isinstance(node, Parallel):
                nodes += (f'subgraph {name}["{_escaped(parallel_label(node))}"]', "direction TB")
                pending.append(None)
            else:
                arrows += (f"{one} --> {following}" for (one, _), (following, _) in pairwise(children))
            pending += reversed(children)
    arrows += (f"{of_task[task]} -.-> {name}" for name, node in pollers for task in node.task_ids)
    return nodes, arrows


def _escaped(label: str) -> str:
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", label)
