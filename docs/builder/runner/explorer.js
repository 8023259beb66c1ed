// Explorers in the text of a page: each stands where its data do, and has the theme of the page.
const isDark = () => document.body.dataset.mdColorScheme === "slate";

for (const place of document.querySelectorAll(".explorer-here")) {
  const root = document.createElement("div");
  const data = JSON.parse(place.querySelector("script").textContent);
  Object.assign(root, { tabIndex: 0, role: "group" });
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", `Explorer of ${data.title}`);
  place.replaceChildren(root);
  mount(root, data, { isPart: true });
  const follow = () => (root.dataset.theme = isDark() ? "dark" : "light");
  new MutationObserver(follow).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  follow();
}
