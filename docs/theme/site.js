// What the theme leaves out for people who use a keyboard or listen: what scrolls sideways can be
// reached, and the search says what it is.
const SCROLLING = ".md-typeset :is(pre > code, .md-typeset__scrollwrap, .result)";

const reachable = () => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  for (const it of document.querySelectorAll(SCROLLING)) {
    if (it.scrollWidth > it.clientWidth) it.tabIndex = 0;
    else it.removeAttribute("tabindex");
  }
};

new ResizeObserver(reachable).observe(document.body);
addEventListener("load", reachable);
