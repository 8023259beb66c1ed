// The index of the search is larger than any page, so it is fetched when somebody reaches for the
// search. The theme asks for it at once, by XMLHttpRequest, and is served a little later.
(() => {
  const reached = new Promise((resolve) => {
    const look = ({ target }) => target.closest?.(".md-search, [for='__search']") && resolve();
    for (const event of ["focusin", "pointerdown", "pointerover"]) addEventListener(event, look);
  });
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    this.waits = new URL(address, location).pathname.endsWith("/search/search_index.json");
    return open.call(this, method, address, ...rest);
  };
  XMLHttpRequest.prototype.send = function (...content) {
    if (this.waits) reached.then(() => send.apply(this, content));
    else send.apply(this, content);
  };
})();
