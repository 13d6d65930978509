// What the trainer is asked over HTTP. Refusals become a `Refusal` whose message is meant for people.

const BASE = "/api/v1";
const PATIENCE = 10_000; // ms

export class Refusal extends Error {
  /** `status` is 0 where no answer came. */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function inWords(status, problem) {
  if (status === 401) return "Not signed in as operator: sign in to change this.";
  if (status === 403) return "Only an operator may do that: sign in as operator.";
  return problem?.detail || problem?.title || `The trainer answered ${status}.`;
}

/** Asks, and returns the answer's JSON, or null where it has none. */
export async function ask(method, path, body, type = "application/json") {
  const request = { method, headers: {}, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) };
  if (body !== undefined) {
    request.headers["content-type"] = type;
    request.body = JSON.stringify(body);
  }
  let answer, text;
  try {
    answer = await fetch(BASE + path, request);
    text = await answer.text();
  } catch (error) {
    throw new Refusal(
      0,
      error.name === "TimeoutError" ? "The trainer took too long to answer." : "The trainer cannot be reached.",
    );
  }
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    if (answer.ok) throw new Refusal(answer.status, "The trainer's answer is not JSON.");
  }
  if (!answer.ok) throw new Refusal(answer.status, inWords(answer.status, data));
  return data;
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);
export const put = (path, body) => ask("PUT", path, body);
export const patch = (path, body) => ask("PATCH", path, body, "application/merge-patch+json");
export const remove = (path) => ask("DELETE", path);

/** The address of something that is not JSON, such as a picture. */
export const addressOf = (path) => BASE + path;
