// Small comforts; every page works without them.
"use strict";
(() => {
  const root = document.documentElement;
  const say = (text) => { const live = document.getElementById("live"); if (live) live.textContent = text; };

  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      await navigator.clipboard.writeText(copy.dataset.copy);
      say("Copied.");
      copy.textContent = "copied";
      setTimeout(() => { copy.textContent = "copy"; }, 1500);
    }
    if (event.target.closest("[data-theme-switch]")) {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      localStorage.setItem("assay-theme", root.dataset.theme);
      say(`${root.dataset.theme === "dark" ? "Dark" : "Light"} colours.`);
    }
  });
  document.addEventListener("keydown", (event) => {
    const search = document.querySelector("[data-search]");
    if (event.key === "/" && search && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      search.focus();
    }
  });
})();
