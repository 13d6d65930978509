// Settings that several people change: what the trainer has, and what this page has asked for and not yet heard of.

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** RFC 7396: null takes away, objects go into each other, all else replaces. Changes nothing that it is given. */
export function mergePatch(target, patch) {
  if (!isObject(patch)) return patch;
  const merged = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Two patches as one. Unlike `mergePatch` it keeps what says "take away". */
export function joinPatches(first, second) {
  const joined = { ...first };
  for (const [key, value] of Object.entries(second)) {
    joined[key] = isObject(value) && isObject(joined[key]) ? joinPatches(joined[key], value) : value;
  }
  return joined;
}

/** `{a: {b: value}}` for "a.b". */
export const patchOf = (path, value) => path.split(".").reduceRight((inner, key) => ({ [key]: inner }), value);

/** What is at "a.b"; undefined where nothing is. */
export const valueAt = (tree, path) => path.split(".").reduce((inner, key) => inner?.[key], tree);

/**
 * Sends patches one at a time; what is changed meanwhile is sent together. `send(patch)` resolves to the settings after
 * it; `changed(settings)` is called when what holds has changed, `refused(error)` when the trainer did not take it.
 */
export class Settings {
  #known = null;
  #sent = null;
  #waiting = null;

  constructor({ send, changed, refused }) {
    Object.assign(this, { send, changed, refused });
  }

  /** What holds, with what was asked for; null while nothing is known. */
  get value() {
    if (!this.#known) return null;
    return mergePatch(mergePatch(this.#known, this.#sent ?? {}), this.#waiting ?? {});
  }

  /** The trainer says what holds. */
  learn(settings) {
    this.#known = settings;
    this.changed(this.value);
  }

  change(patch) {
    this.#waiting = joinPatches(this.#waiting ?? {}, patch);
    this.changed(this.value);
    if (!this.#sent) return this.#run();
  }

  async #run() {
    while (this.#waiting) {
      [this.#sent, this.#waiting] = [this.#waiting, null];
      try {
        const answer = await this.send(this.#sent);
        if (isObject(answer)) this.#known = answer;
        else this.#known = mergePatch(this.#known, this.#sent);
      } catch (error) {
        this.#waiting = null; // what was built on the refused one
        this.refused(error);
      }
      this.#sent = null;
      this.changed(this.value);
    }
  }
}
