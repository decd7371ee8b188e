// The documentation of the API is dark where the portal is: chosen, or as the system has it.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const paint = () => root.classList.toggle("dark-mode", root.dataset.theme === "dark" || (root.dataset.theme === "auto" && system.matches));
system.addEventListener("change", paint);
paint();
