// Small help with the document.

export const $ = (id) => document.getElementById(id);

/** An element with these properties (`data-` and `aria-` names, `role` and `for` as attributes) and these children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (/^(data-|aria-|role$|for$)/.test(name)) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** An element of a drawing. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Writes a text, unless it is there already: what does not change is not read out again, nor laid out. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Something that this browser remembers, where it remembers anything. */
export const memory = {
  get(key) {
    try {
      return localStorage.getItem(`billiards.${key}`);
    } catch {
      return null; // switched off by its owner
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`billiards.${key}`, value);
    } catch {
      // switched off by its owner
    }
  },
};
