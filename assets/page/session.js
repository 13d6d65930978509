// Who looks: a viewer watches, an operator changes things. The token becomes a cookie that scripts cannot read.

import { $, say } from "./dom.js";
import { Refusal, get, post, remove } from "./api.js";

const tokenInAddress = () => new URLSearchParams(location.hash.slice(1)).get("token");

export class Session {
  static hasToken = () => Boolean(tokenInAddress());

  /** "none", "viewer" or "operator"; null while nothing is known. */
  role = null;

  constructor(changed) {
    this.changed = changed;
    const dialog = $("sign-in");
    const open = () => this.show();
    $("who").addEventListener("click", open);
    document.querySelectorAll("[data-sign-in]").forEach((button) => button.addEventListener("click", open));
    for (const id of ["sign-in-cancel", "signed-in-close"]) $(id).addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
    $("sign-out").addEventListener("click", () => this.#signOut());
    $("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#signIn($("token").value.trim());
    });
  }

  get isOperator() {
    return this.role === "operator";
  }

  /** Takes the token out of the address, if one is there, and asks who we are. */
  async begin() {
    const token = tokenInAddress();
    if (token) {
      // First of all: neither the history nor a shared screen should show it.
      history.replaceState(null, "", location.pathname + location.search);
      if (await this.#signIn(token)) return;
      this.show($("sign-in-error").textContent);
    }
    await this.ask();
  }

  /** Asks who we are. */
  async ask() {
    try {
      this.#be((await get("/session"))?.role ?? "viewer");
    } catch (error) {
      if (error.status === 401) this.#be("none");
      else if (error.status) this.#be("viewer"); // a trainer that knows no sessions
    }
  }

  /** The trainer refused something: perhaps we are somebody else by now. */
  refused(error) {
    if (error.status === 401 || error.status === 403) this.ask();
  }

  show(words = "") {
    say($("sign-in-error"), words);
    $("sign-in-form").hidden = this.isOperator;
    $("signed-in").hidden = !this.isOperator;
    if (!$("sign-in").open) $("sign-in").showModal();
  }

  async #signIn(token) {
    if (!token) return false;
    try {
      const { role } = await post("/session", { token });
      $("token").value = "";
      if ($("sign-in").open) $("sign-in").close();
      this.#be(role);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      say($("sign-in-error"), error.status === 401 || error.status === 403 ? "That token is wrong." : error.message);
      return false;
    }
  }

  async #signOut() {
    try {
      await remove("/session");
      $("sign-in").close();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    await this.ask();
  }

  #be(role) {
    if (role === this.role) return;
    const before = this.role;
    this.role = role;
    const operator = this.isOperator;
    say($("who"), operator ? "Operator" : "Sign in");
    $("who").dataset.role = role;
    for (const id of ["controls", "setup"]) $(id).disabled = !operator;
    document.querySelectorAll(".lock").forEach((lock) => (lock.hidden = operator));
    this.changed(role, before);
  }
}
