// Trouble with the trainer's files, such as settings that cannot be saved: shown until it is over.

import { Refusal, get } from "./api.js";
import { $, make } from "./dom.js";

/** Asks for the present trouble and shows it. */
export async function showStorage() {
  let problems;
  try {
    problems = (await get("/health"))?.storage?.problems ?? [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return; // what was known stays; the connection is told of elsewhere
  }
  $("storage").hidden = problems.length === 0;
  $("storage").replaceChildren(
    ...problems.map(({ code, message }) => make("li", { textContent: message, className: `storage-${code}` })),
  );
}
