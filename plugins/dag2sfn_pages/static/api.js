// The plugin's own API, for the pages. Airflow's session cookie says who asks.

// Beside this file, wherever a reverse proxy puts Airflow.
const API = new URL("../api/v1/", import.meta.url);

const { useCallback, useEffect, useState } = globalThis.React;

/** After a failure, pages try again by themselves: what was out of reach may be back. */
const AFTER_FAILURE = 10_000;

/** Return the address of an API path: `address("dags", dagId, "plan.svg")`. */
export function address(...parts) {
  return parts.map(encodeURIComponent).join("/");
}

export function url(path) {
  return new URL(path, API).href;
}

async function answerOf(path, options) {
  const response = await fetch(url(path), options).catch((error) => {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Error("Airflow's API server cannot be reached.");
  });
  if (response.status === 401) {
    throw new Error("Your session has ended. Reload this page to log in again.");
  }
  return response;
}

function problem(response, body) {
  const detail = body?.detail;
  const text = Array.isArray(detail)
    ? detail.map((one) => `${one.loc?.slice(1).join(".")}: ${one.msg}`).join("; ")
    : detail;
  const error = new Error(
    text ?? `The API server answered with status ${response.status}. Its log says why.`,
  );
  error.status = response.status;
  return error;
}

/** Return the JSON that the API has at a path. Throws an Error with a message for people, and a `status`. */
export async function fetchJson(path, options) {
  const response = await answerOf(path, options);
  const body = await response.json().catch(() => undefined);
  if (!response.ok || body === undefined) {
    throw problem(response, body);
  }
  return body;
}

export async function fetchText(path, options) {
  const response = await answerOf(path, options);
  if (!response.ok) {
    throw problem(response, await response.json().catch(() => undefined));
  }
  return response.text();
}

/** Write something. The header is what no other site can send. */
export function post(path, body = {}) {
  return fetchJson(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Dag2sfn": "1" },
    body: JSON.stringify(body),
  });
}

/**
 * React hook: {data, error, loading, reload} of an API path; null asks for nothing. While it
 * reloads, and if that fails, `data` is what was there before. `every(data)` says after how
 * many milliseconds to look again, 0 never; `missing` after how many, if there is nothing yet (404).
 */
export function useJson(path, { every, missing = 0, read = fetchJson } = {}) {
  const [result, setResult] = useState({ loading: path !== null });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((number) => number + 1), []);

  useEffect(() => {
    if (path === null) {
      return undefined;
    }
    const controller = new AbortController();
    let timer;
    const again = (pause) => {
      if (pause > 0) {
        timer = setTimeout(reload, pause);
      }
    };
    setResult((before) => ({ data: before.data, error: before.error, loading: true }));
    read(path, { signal: controller.signal }).then(
      (data) => {
        setResult({ data, loading: false });
        again(every?.(data) ?? 0);
      },
      (error) => {
        if (!controller.signal.aborted) {
          setResult((before) => ({ data: before.data, error, loading: false }));
          const mayPass = every && (error.status === undefined || error.status >= 500);
          again(error.status === 404 ? missing : mayPass ? AFTER_FAILURE : 0);
        }
      },
    );
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
    // `every` is a new function at each rendering.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [path, round, read, reload]);

  return { ...result, reload };
}
