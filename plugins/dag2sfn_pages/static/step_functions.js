// What Airflow's UI imports, for the navigation and for the tabs on a DAG, a run and a task instance.
//
// It renders the function that it finds at globalThis["Step Functions"], and says by dagId, runId and taskId
// what for. React, its router and Chakra UI are Airflow's own, so that pages look like the rest and need no build.

import { DagTab } from "./dag_tab.js";
import { OverviewPage } from "./overview.js";
import { RunTab } from "./run_tab.js";
import { TaskTab } from "./task_tab.js";

const { createElement: h } = globalThis.React;

function StepFunctions({ dagId, runId, taskId, mapIndex }) {
  if (taskId !== undefined && runId !== undefined) {
    return h(TaskTab, { dagId, key: `${dagId} ${runId} ${taskId} ${mapIndex}`, mapIndex, runId, taskId });
  }
  if (runId !== undefined) {
    return h(RunTab, { dagId, runId, key: `${dagId} ${runId}` });
  }
  if (dagId !== undefined) {
    return h(DagTab, { dagId, key: dagId });
  }
  return h(OverviewPage);
}

globalThis["Step Functions"] = StepFunctions;
