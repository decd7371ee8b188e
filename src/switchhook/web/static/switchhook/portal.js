// What the portal does by JavaScript. Every page works without it. Loaded in <head>, so that the theme
// is there before anything is drawn; everything else waits for the document.
"use strict";

(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  if (!root.hasAttribute("data-bs-theme")) {
    const follow = () => root.toggleAttribute("data-bs-theme", dark.matches) && root.setAttribute("data-bs-theme", "dark");
    follow();
    dark.addEventListener("change", follow);
  }
})();

const portal = {
  // Buttons that copy the <code> beside them.
  copying() {
    if (!navigator.clipboard) return;
    document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  },

  async copy(button) {
    await navigator.clipboard.writeText(button.closest(".copy").querySelector("code").textContent);
    const title = button.title;
    button.title = document.body.dataset.copied;
    button.classList.add("text-success");
    setTimeout(() => { button.title = title; button.classList.remove("text-success"); }, 1500);
  },

  // Rows of a form: <button data-add-row="PREFIX">, <template data-row="PREFIX"> with __prefix__ in names,
  // <… data-rows="PREFIX"> around the rows, each <… data-row-item> with <button data-remove-row>.
  // Buttons are hidden in the HTML; without JavaScript one uses the empty rows and the Delete ticks.
  addRow(prefix) {
    const total = document.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
    const rows = document.querySelector(`[data-rows="${prefix}"]`);
    const fresh = document.querySelector(`template[data-row="${prefix}"]`).content.cloneNode(true);
    fresh.querySelectorAll("[name], [id], [for]").forEach((element) => {
      for (const attribute of ["name", "id", "for", "aria-describedby"]) {
        const value = element.getAttribute(attribute);
        if (value) element.setAttribute(attribute, value.replaceAll("__prefix__", total.value));
      }
    });
    portal.rowButtons(fresh);
    total.value = Number(total.value) + 1;
    const item = fresh.querySelector("[data-row-item]");
    rows.append(fresh);
    item.querySelector("input, select, textarea")?.focus();
    portal.changed(rows);
  },

  removeRow(button) {
    const item = button.closest("[data-row-item]");
    const rows = item.parentElement;
    const tick = item.querySelector('[name$="-DELETE"]');
    if (tick) { tick.checked = true; item.hidden = true; } else { item.remove(); }
    portal.changed(rows);
  },

  rowButtons(within) {
    within.querySelectorAll("[data-add-row], [data-remove-row], .grip").forEach((b) => { b.hidden = false; });
    within.querySelectorAll("[data-row-delete-tick]").forEach((tick) => { tick.hidden = true; });
  },

  pause(button) {
    const paused = button.classList.toggle("active");
    button.setAttribute("aria-pressed", paused);
  },

  changed(element) { element.dispatchEvent(new Event("change", { bubbles: true })); },

  // <… data-shown-by="field=value other"> is shown while the field called so has one of these values.
  dependents() {
    document.querySelectorAll("[data-shown-by]").forEach((element) => {
      const [name, values] = element.dataset.shownBy.split("=");
      const field = document.querySelector(`[name="${name}"]:checked`) || document.querySelector(`select[name="${name}"]`);
      element.hidden = !(field && values.split(" ").includes(field.value));
    });
  },

  // <form data-warn-unsaved>: leaving with changes asks first.
  unsaved() {
    let dirty = document.querySelector("form[data-warn-unsaved] .is-invalid") !== null; // sent, but not saved
    const touched = (event) => { dirty ||= event.target.closest("form[data-warn-unsaved]") !== null; };
    for (const one of ["input", "change", "htmx:configRequest"]) document.addEventListener(one, touched);
    document.addEventListener("submit", () => { dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  },
};

// A link to a part that is folded up opens it.
const unfold = () => {
  const part = document.getElementById(location.hash.slice(1));
  if (part?.matches("details")) { part.open = true; part.scrollIntoView(); }
};
addEventListener("hashchange", unfold);

// Passkeys: offered where the browser has them; what goes wrong is told where it was asked for.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.querySelectorAll("[data-key-problem]").forEach((problem) => { problem.hidden = false; });
});

document.addEventListener("DOMContentLoaded", () => {
  if (window.PublicKeyCredential) document.querySelectorAll("[data-needs-passkeys]").forEach((part) => { part.hidden = false; });
  unfold();
  portal.copying();
  portal.rowButtons(document);
  portal.dependents();
  portal.unsaved();
  document.querySelectorAll("[data-pause], [data-opens]").forEach((button) => { button.hidden = false; });
  document.querySelector("[data-focus]")?.focus();
});

document.addEventListener("change", () => portal.dependents());
document.addEventListener("htmx:afterSwap", () => { portal.copying(); portal.rowButtons(document); portal.dependents(); });

// A live list rests while nobody looks at it, and while it is paused: <button data-pause="#list">.
document.addEventListener("htmx:beforeRequest", (event) => {
  const asked = event.detail.requestConfig?.triggeringEvent !== undefined;
  const paused = document.querySelector(`[data-pause="#${event.target.id}"][aria-pressed=true]`);
  if (paused || (document.hidden && !asked)) event.preventDefault();
});

// What is live and gets no answer says so, until it gets one. The number of a request that broke is in the log, too.
document.addEventListener("htmx:afterRequest", (event) => {
  const trouble = document.getElementById("trouble");
  if (!trouble) return;
  const status = event.detail.xhr.status;
  trouble.hidden = status > 0 && status < 400;
  if (trouble.hidden) return;
  trouble.querySelector("span").textContent = status === 0 ? trouble.dataset.away
    : trouble.dataset.broken.replace("STATUS", status).replace("ID", event.detail.xhr.getResponseHeader("X-Request-Id"));
});

// <time data-since="milliseconds"> tells how long ago that is, second by second; data-until how long it still takes.
setInterval(() => document.querySelectorAll("[data-since], [data-until]").forEach((time) => {
  const { since, until } = time.dataset;
  const seconds = Math.max(0, Math.floor((since ? Date.now() - since : until - Date.now()) / 1000));
  const [hours, minutes, rest] = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(Math.floor);
  const two = (number) => String(number).padStart(2, "0");
  time.textContent = hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}), 1000);

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-copy]")) portal.copy(on("[data-copy]"));
  else if (on("[data-add-row]")) portal.addRow(on("[data-add-row]").dataset.addRow);
  else if (on("[data-remove-row]")) portal.removeRow(on("[data-remove-row]"));
  else if (on("[data-pause]")) portal.pause(on("[data-pause]"));
  document.querySelectorAll("details[data-closes][open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});

// A row is dragged by its <… class="grip"> among its own kind; its place in the page is its place in what is sent.
document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.(".grip")?.closest(".form-row");
  if (!row) return; // a link or a text: the browser's own affair
  event.dataTransfer.setData("text/plain", ""); event.dataTransfer.setDragImage(row, 0, 0);
  const over = (to) => {
    const other = to.target.closest(".form-row");
    if (other?.parentElement !== row.parentElement) return;
    to.preventDefault();
    const place = other.getBoundingClientRect();
    if (other !== row) other[to.clientY < place.top + place.height / 2 ? "before" : "after"](row);
  };
  document.addEventListener("dragover", over);
  row.addEventListener("dragend", () => { document.removeEventListener("dragover", over); portal.changed(row); }, { once: true });
});

// Escape closes menus.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll("details[data-closes][open]").forEach((menu) => { menu.open = false; });
});
