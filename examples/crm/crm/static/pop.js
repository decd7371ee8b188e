// Waits for the next call and shows it. The server answers when there is something new: a timer would be slowed down in a
// page that is not in front. Then the title and, if the user wants it, a notification call.
"use strict";
const call = document.getElementById("call"), live = document.getElementById("live"), notify = document.getElementById("notify");
const idle = document.title;
let seen = "", told = "";

async function watch() {
  for (;;) {
    try {
      const answer = await fetch(`${call.dataset.live}?seen=${seen}`);
      if (!answer.ok) throw new Error(answer.status);
      const text = await answer.text();
      if (answer.headers.get("Shown") !== seen) show(text);
      seen = answer.headers.get("Shown");
      live.textContent = "Live.";
    } catch {
      live.textContent = "Not live: the program does not answer.";
      await new Promise((again) => setTimeout(again, 2000));
    }
  }
}

function show(text) {
  const focused = call.querySelector("a")?.matches(":focus");
  call.innerHTML = text;
  if (focused) call.querySelector("a")?.focus();
  const title = call.querySelector("[data-title]")?.dataset.title;
  document.title = title ?? idle;
  if (title?.startsWith("☎") && title !== told && document.hidden) ring(title);
  told = title;
}

function ring(title) {
  if (window.Notification?.permission !== "granted") return;
  const note = new Notification(title, { tag: call.dataset.live });
  note.onclick = () => { window.focus(); note.close(); };
}

function offer() {
  notify.hidden = window.Notification?.permission !== "default";
}

notify.addEventListener("click", async () => { await Notification.requestPermission(); offer(); });
offer();
watch();
