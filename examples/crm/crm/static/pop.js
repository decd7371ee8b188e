// Asks every second whether there is a call to show, hidden or not: the title calls, too.
"use strict";
const call = document.getElementById("call"), live = document.getElementById("live"), idle = document.title;
let shown = "";
async function look() {
  try {
    const answer = await fetch(call.dataset.live);
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.text();
    if (told !== shown) {
      const focused = call.querySelector("a")?.matches(":focus");
      call.innerHTML = shown = told;
      if (focused) call.querySelector("a")?.focus();
      document.title = call.querySelector("[data-title]")?.dataset.title ?? idle;
    }
    live.textContent = "Live.";
  } catch {
    live.textContent = "Not live: the program does not answer.";
  }
  setTimeout(look, 1000);
}
look();
