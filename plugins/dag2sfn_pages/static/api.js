// The plugin's own API, for the pages. Airflow's session cookie says who asks.

// Beside this file, wherever a reverse proxy puts Airflow.
const API = new URL("../api/v1/", import.meta.url);

const { useCallback, useEffect, useState } = globalThis.React;

/** Return the JSON that the API has at a path. Throws an Error with a message for people. */
export async function fetchJson(path, signal) {
  const response = await fetch(new URL(path, API), { signal }).catch((error) => {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Error("Airflow's API server cannot be reached.");
  });
  if (response.status === 401) {
    throw new Error("Your session has ended. Reload this page to log in again.");
  }
  const body = await response.json().catch(() => undefined);
  if (!response.ok || body === undefined) {
    throw new Error(
      body?.detail ?? `The API server answered with status ${response.status}. Its log says why.`,
    );
  }
  return body;
}

/**
 * React hook: {data, error, loading, reload} of an API path. While it reloads, and if
 * that fails, `data` is what was there before.
 */
export function useJson(path) {
  const [result, setResult] = useState({ loading: true });
  const [round, setRound] = useState(0);

  useEffect(() => {
    const controller = new AbortController();
    setResult((before) => ({ data: before.data, loading: true }));
    fetchJson(path, controller.signal).then(
      (data) => setResult({ data, loading: false }),
      (error) => {
        if (!controller.signal.aborted) {
          setResult((before) => ({ data: before.data, error, loading: false }));
        }
      },
    );
    return () => controller.abort();
  }, [path, round]);

  return { ...result, reload: useCallback(() => setRound((number) => number + 1), []) };
}
