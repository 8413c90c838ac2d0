// Sets the theme before the first paint. The switch itself lives in src/shared/ui/theme.ts.
const chosen = localStorage.getItem("pincite-theme");
const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.dataset.theme = dark ? "dark" : "light";
