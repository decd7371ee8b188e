// Asks for the figures again every 3 seconds while the page is looked at; opened tables stay open.
"use strict";
const figures = document.getElementById("figures"), live = document.getElementById("live");
let shown = "";
async function look() {
  if (document.hidden || figures.contains(document.activeElement) && document.activeElement.matches("a")) return;
  try {
    const answer = await fetch(figures.dataset.live);
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.text();
    if (told !== shown) {
      const open = [...figures.querySelectorAll("details[open]")].map((one) => one.id), focused = document.activeElement.parentElement?.id;
      figures.innerHTML = shown = told;
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      if (focused) figures.querySelector(`details#${focused} > summary`)?.focus({ preventScroll: true });
    }
    live.textContent = "Live.";
  } catch {
    live.textContent = "Not live: the program does not answer.";
  }
}
setInterval(look, 3000);
look();
