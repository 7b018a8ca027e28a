import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { asError } from "../domain/errors.js";
import type { ErrorPayload } from "../api/page.js";
import { SECURITY_HEADERS } from "./http.js";

const unavailable = (response: ServerResponse): void => {
  const payload: ErrorPayload = {
    error: { code: "internal", message: "The page's server could not be loaded. See the bridge's log." },
  };
  response.writeHead(500, { ...SECURITY_HEADERS, "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify(payload));
};

/**
 * Answers requests by what `load` returns, which is called with the first one: requests that come meanwhile wait, in
 * their order. A failure is reported once, and every request is answered with an error.
 */
export const loadedOnUse = (
  load: () => Promise<(request: IncomingMessage, response: ServerResponse) => Promise<void>>,
  failed: (error: Error) => void,
): RequestListener => {
  let loading: ReturnType<typeof load> | null = null;
  const begin = (): ReturnType<typeof load> => {
    const started = load();
    started.catch((error: unknown) => failed(asError(error)));
    return started;
  };
  return (request, response) => {
    loading ??= begin();
    void loading.then(
      (listener) => listener(request, response),
      () => unavailable(response),
    );
  };
};
