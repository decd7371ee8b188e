// Asks for the figures again every 3 seconds while the page is looked at; opened tables stay open, and players play on.
"use strict";
const figures = document.getElementById("figures"), live = document.getElementById("live");
let shown = "";
async function look() {
  const players = [...figures.querySelectorAll("audio")];
  if (players.some((one) => !one.paused)) return void (live.textContent = "Not live while you listen.");
  if (document.hidden || figures.contains(document.activeElement) && document.activeElement.matches("a")) return;
  try {
    const answer = await fetch(figures.dataset.live);
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.text();
    if (told !== shown && players.every((one) => one.paused)) {
      const open = [...figures.querySelectorAll("details[open]")].map((one) => one.id), focused = document.activeElement.parentElement?.id, player = document.activeElement.src;
      const heard = new Map(players.map((one) => [one.src, one.currentTime]).filter(([, seconds]) => seconds));
      figures.innerHTML = shown = told;
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      for (const one of figures.querySelectorAll("audio")) {
        if (heard.has(one.src)) one.currentTime = heard.get(one.src);
        if (one.src === player) one.focus({ preventScroll: true });
      }
      if (focused) figures.querySelector(`details#${focused} > summary`)?.focus({ preventScroll: true });
    }
    live.textContent = "Live.";
  } catch {
    live.textContent = "Not live: the program does not answer.";
  }
}
setInterval(look, 3000);
look();
