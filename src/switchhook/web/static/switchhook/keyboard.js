// The portal's keys: shell/keys.html lists them. Nothing is done while one writes, or once they are switched off.
"use strict";

{
  const sheet = document.getElementById("keys");
  const on = document.getElementById("keys-on");
  on.checked = localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
  document.querySelector("[data-opens=keys]")?.addEventListener("click", () => sheet.showModal());

  let going = 0; // until when the key after g counts

  const row = (step) => {
    const beside = document.querySelector(`[data-key=${step > 0 ? "j" : "k"}]`);
    if (beside) return beside.click();
    const rows = [...document.querySelectorAll("main tbody tr, main .live-list > li, main .inbox-list > li")].filter((one) => one.querySelector("a[href]"));
    const place = rows.findIndex((one) => one.contains(document.activeElement));
    const next = rows[place < 0 ? (step > 0 ? 0 : rows.length - 1) : place + step];
    next?.querySelector("a[href]").focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const keys = {
    "/": () => document.querySelector("main input[type=search]")?.focus(),
    "?": () => sheet.showModal(),
    g: () => { going = Date.now() + 1500; },
    j: () => row(1),
    k: () => row(-1),
    r: () => document.querySelector("[data-key=r]")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    const writes = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (writes || sheet.open || event.ctrlKey || event.metaKey || event.altKey || (!on.checked && event.key !== "?")) return;
    const went = going > Date.now() && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    going = 0;
    const act = went ? () => went.click() : keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
}
