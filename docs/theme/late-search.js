// The index of the search is larger than any page, so it is fetched when somebody reaches for the
// search. The theme asks for it at once, by XMLHttpRequest, and is served a little later, from the
// script that pages from a disk use: it holds the same JSON behind a few letters.
(() => {
  const INDEX = "/search/search_index.json";
  const LETTERS = "var __index = ".length;
  const reached = new Promise((resolve) => {
    const look = ({ target }) => target.closest?.(".md-search, [for='__search']") && resolve();
    for (const event of ["focusin", "pointerdown", "pointerover"]) addEventListener(event, look);
  });
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    this.waits = new URL(address, location).pathname.endsWith(INDEX);
    if (!this.waits) return open.call(this, method, address, ...rest);
    const { get } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, "response");
    Object.defineProperty(this, "response", { get: () => get.call(this)?.slice(LETTERS) });
    return open.call(this, method, String(address).replace(/json$/, "js"), ...rest);
  };
  XMLHttpRequest.prototype.send = function (...content) {
    if (this.waits) reached.then(() => send.apply(this, content));
    else send.apply(this, content);
  };
})();
